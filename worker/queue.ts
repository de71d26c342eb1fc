import { runMigrations } from 'graphile-worker';
import type { Database } from '../db/connect.ts';

/**
 * Makes the job queue's schema, or brings it up to date, and lets the back office work with it. Part of every
 * migration; changes nothing the second time.
 */
export async function prepareQueue(database: Database): Promise<void> {
  await runMigrations({ pgPool: database.pool('callboard_owner') });
  const client = await database.pool('callboard_owner').connect();
  try {
    await client.query('begin');
    await client.query(`
      grant usage on schema graphile_worker to callboard_service;
      grant select, insert, update, delete on all tables in schema graphile_worker to callboard_service;
      grant usage on all sequences in schema graphile_worker to callboard_service;
      grant execute on all functions in schema graphile_worker to callboard_service;
      do $$
      declare
        queue_table record;
      begin
        for queue_table in
          select c.oid::regclass as id
            from pg_class c
           where c.relnamespace = 'graphile_worker'::regnamespace
             and c.relkind = 'r'
             and c.relrowsecurity
             and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'back_office')
        loop
          execute format(
            'create policy back_office on %s to callboard_service using (true) with check (true)', queue_table.id);
        end loop;
      end
      $$;
    `);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
