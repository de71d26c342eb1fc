import { beforeAll } from '@jest/globals';
import type { Database } from '../../db/connect.ts';

/** Makes Callboard's roles, as migrations would, in a database without Callboard's schema. */
export function withRoles(database: Database): void {
  beforeAll(async () => {
    await database.pool().query(`
      do $$
      declare wanted record;
      begin
        for wanted in
          select * from (values
            ('callboard_owner', 'nologin'), ('callboard_authenticator', 'login noinherit'),
            ('callboard_member', 'nologin'), ('callboard_service', 'nologin')
          ) as r (name, options)
        loop
          if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I %s', wanted.name, wanted.options);
          end if;
        end loop;
      end
      $$;
      grant callboard_member to callboard_authenticator`);
  });
}
