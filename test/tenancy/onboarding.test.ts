import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { call, idsOf, turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let serial = 0;
beforeEach(async () => {
  serial += 1;
  cast = await makeCast(database, `fresh${serial}`);
  ids = await idsOf(database, cast);
});

const steps = async (client: PoolClient) =>
  Object.fromEntries(
    (
      await client.query<{ key: string; status: string }>(
        'select key, status from tenancy.get_onboarding()',
      )
    ).rows.map(({ key, status }) => [key, status]),
  );

describe('the onboarding', () => {
  test('asks everybody for what they may do', async () => {
    const asked = (who: Caller) =>
      as(database, who, async (client) => Object.keys(await steps(client)));
    const own = ['confirm_email', 'complete_profile', 'choose_preferences', 'add_second_factor'];
    expect(await asked(cast.guest)).toEqual(own);
    expect(await asked(cast.member)).toEqual(['start_project', ...own]);
    expect(await asked(cast.owner)).toEqual([
      'describe_organization',
      'choose_settings',
      'invite_colleague',
      'build_team',
      'start_project',
      'plan_budget',
      ...own,
    ]);
    expect(await asked({ userId: cast.owner.userId! })).toEqual([]);
  });

  test('goes on by what is done, whoever does it, and stays when that is undone', async () => {
    await as(database, cast.owner, async (client) => {
      await client.query("insert into tenancy.teams (name) values ('Electrics'), ('Rigging')");
      await client.query("update tenancy.organizations set website = 'https://fresh.test'");
      await call(client, 'tenancy.update_organization_settings', {
        section: 'general',
        patch: { units: 'imperial' },
      });
      await call(client, 'tenancy.invite_member', {
        email: 'new@fresh.test',
        role_id: ids.role('member'),
      });
      await turnInto(client, cast.member);
      await client.query("insert into projects.projects (name) values ('First')");
      await turnInto(client, cast.admin);
      expect(await steps(client)).toMatchObject({
        describe_organization: 'completed',
        choose_settings: 'completed',
        invite_colleague: 'completed',
        build_team: 'completed',
        start_project: 'completed',
        plan_budget: 'open',
      });
      const { rows } = await client.query(
        "select settled_by_name from tenancy.get_onboarding() where key = 'start_project'",
      );
      expect(rows).toEqual([{ settled_by_name: `Member of Fresh${serial}` }]);
    });
  });

  test("takes a user's own steps from their account, in every organization", async () => {
    await as(database, cast.guest, async (client) => {
      await client.query("update identity.profiles set headline = 'Brand director'");
      await call(client, 'identity.update_user_settings', { patch: { theme: 'dark' } });
      expect(await steps(client)).toEqual({
        confirm_email: 'open',
        complete_profile: 'completed',
        choose_preferences: 'completed',
        add_second_factor: 'open',
      });
      await turnInto(client, cast.member);
      expect(await steps(client)).toMatchObject({ complete_profile: 'open' });
    });
  });

  test('lets steps be skipped and taken up again; doing them counts all the same', async () => {
    await as(database, cast.admin, async (client) => {
      const skip = (key: string, skip?: boolean) =>
        call(client, 'tenancy.skip_onboarding_step', { key, skip });
      expect(await skip('build_team')).toMatchObject({ status: 'skipped' });
      expect(await skip('build_team')).toMatchObject({ status: 'skipped' });
      expect(await skip('build_team', false)).toMatchObject({ status: 'open' });
      await skip('build_team');
      await skip('add_second_factor');
      await turnInto(client, cast.owner);
      // the organization's is skipped for all, one's own for oneself
      expect(await steps(client)).toMatchObject({
        build_team: 'skipped',
        add_second_factor: 'open',
      });
      await client.query("insert into tenancy.teams (name) values ('Electrics')");
      expect(await steps(client)).toMatchObject({ build_team: 'completed' });
      await client.query('savepoint s');
      await expect(skip('build_team')).rejects.toMatchObject({ code: 'CB006', column: 'key' });
      await client.query('rollback to s');
      await turnInto(client, cast.guest);
      for (const key of ['plan_budget', 'nothing', '']) {
        await expect(skip(key)).rejects.toMatchObject({ code: 'CB004', column: 'key' });
        await client.query('rollback to s');
        await turnInto(client, cast.guest);
      }
    });
  });
});

describe('what expires', () => {
  let who: Cast;
  beforeAll(async () => {
    who = await makeCast(database, 'expiring');
  });

  test('is closed by the job, which changes nothing the second time', async () => {
    const roles = await idsOf(database, who);
    await undone(database, async (client) => {
      await client.query(
        `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at)
         values ($1, 'late@expiring.test', $2, $3, now() - interval '1 second'),
                ($1, 'early@expiring.test', $2, $3, now() + interval '1 day')`,
        [who.organizationId, roles.role('member'), who.owner.userId],
      );
      await client.query(
        `insert into tenancy.member_permissions (organization_id, user_id, permission, expires_at)
         values ($1, $2, 'finance.read', now() + interval '1 day')`,
        [who.organizationId, who.member.userId],
      );
      await client.query('alter table tenancy.member_permissions disable trigger user');
      await client.query('update tenancy.member_permissions set expires_at = now()');
      await client.query('alter table tenancy.organization_members disable trigger user');
      await client.query(
        'update tenancy.organization_members set permissions_valid_until = now() where user_id = $1',
        [who.member.userId],
      );
      await client.query('alter table tenancy.organization_members enable trigger user');
      const run = async () =>
        (await client.query('select * from tenancy.end_what_expired()')).rows.map((row) => [
          row.what,
          Number(row.rows_changed),
        ]);
      await client.query('set local role callboard_service');
      expect(await run()).toEqual([
        ['invitations', 1],
        ['API keys', 0],
        ['members', 1],
      ]);
      expect(await run()).toEqual([
        ['invitations', 0],
        ['API keys', 0],
        ['members', 0],
      ]);
      const { rows } = await client.query(
        'select i.email, tenancy.invitations_status(i) as status from tenancy.invitations i order by 1',
      );
      expect(rows).toEqual([
        { email: 'early@expiring.test', status: 'pending' },
        { email: 'late@expiring.test', status: 'expired' },
      ]);
    });
  });
});
