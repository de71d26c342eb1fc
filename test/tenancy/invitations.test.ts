import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/program.ts';
import { cheapPasswords } from '../identity/accounts.ts';
import { call, giveRole, idsOf, turnInto, undone } from './calling.ts';

const database = testDatabase();
cheapPasswords(database);

let cast: Cast;
let other: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let otherIds: Awaited<ReturnType<typeof idsOf>>;
let stranger: Caller;
let impostor: Caller;

beforeAll(async () => {
  cast = await makeCast(database, 'inviting');
  other = await makeCast(database, 'elsewhere');
  ids = await idsOf(database, cast);
  otherIds = await idsOf(database, other);
  const { rows } = await database.pool().query<{ id: string }>(
    `insert into identity.users (email, name)
     values ('stranger@new.test', 'Stranger'), ('impostor@new.test', 'Impostor') returning id`,
  );
  stranger = { userId: rows[0]!.id };
  impostor = { userId: rows[1]!.id };
});

const invite = (client: PoolClient, given: Record<string, unknown> = {}) =>
  call(client, 'tenancy.invite_member', {
    email: 'stranger@new.test',
    role_id: ids.role('member'),
    ...given,
  });

const accept = (client: PoolClient, token: unknown) =>
  call(client, 'tenancy.accept_invitation', { token });

/** The token of an invitation's message, as the worker makes it when it sends it. */
async function send(client: PoolClient, { id }: Record<string, unknown>): Promise<string> {
  await client.query('reset role');
  const row = await call(client, 'tenancy.issue_invitation_token', {
    organization_id: cast.organizationId,
    invitation_id: id,
  });
  return row['token'] as string;
}

/** Invites as somebody, with the message sent; then acts as the owner of the schema. */
async function invited(client: PoolClient, by: Caller, given: Record<string, unknown> = {}) {
  await turnInto(client, by);
  const invitation = await invite(client, given);
  return { invitation, token: await send(client, invitation) };
}

const member = async (client: PoolClient, who: Caller) => {
  await turnInto(client, undefined);
  const { rows } = await client.query<Record<string, unknown>>(
    'select role_key, status from tenancy.organization_members where organization_id = $1 and user_id = $2',
    [cast.organizationId, who.userId],
  );
  return rows;
};

describe('inviting', () => {
  test('asks for a message, whose token is made when it goes out and kept as a hash', async () => {
    await undone(database, async (client) => {
      await turnInto(client, cast.admin);
      const invitation = await invite(client, { email: '  Stranger@New.TEST ' });
      expect(invitation).toMatchObject({
        email: 'stranger@new.test',
        invited_by: cast.admin.userId,
      });
      await client.query('reset role');
      const { rows: jobs } = await client.query(
        "select p.payload, j.key from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id where j.key = 'invitation:' || $1",
        [invitation['id']],
      );
      expect(jobs).toHaveLength(1);
      expect(jobs[0].payload).toMatchObject({
        template: 'invitation',
        to: 'stranger@new.test',
        token: { purpose: 'invitation', invitation_id: invitation['id'] },
      });
      const token = await send(client, invitation);
      expect(token).toMatch(/^[0-9a-f]{96}$/);
      const { rows } = await client.query(
        `select t.token_hash = sha256($1::bytea) as hashed, to_jsonb(t)::text as stored
           from tenancy.invitation_tokens t where t.invitation_id = $2`,
        [Buffer.from(token), invitation['id']],
      );
      expect(rows[0].hashed).toBe(true);
      expect(rows[0].stored).not.toContain(token.slice(32));
    });
  });

  test('is for who manages members; the list too, and the tokens for nobody', async () => {
    for (const who of [cast.member, cast.guest]) {
      await as(database, who, async (client) => {
        await expect(invite(client)).rejects.toMatchObject({ code: 'CB003' });
      });
    }
    await undone(database, async (client) => {
      await invited(client, cast.owner);
      const seen = async (who: Caller) => {
        await turnInto(client, who);
        return (await client.query('select email from tenancy.invitations')).rowCount;
      };
      expect(await seen(cast.admin)).toBe(1);
      expect(await seen(cast.member)).toBe(0);
      expect(await seen(other.owner)).toBe(0);
      await turnInto(client, cast.owner);
      await expect(client.query('select from tenancy.invitation_tokens')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  test.each([
    ['email', 'CB002', () => ({ email: 'no address' })],
    ['email', 'CB002', () => ({ email: null })],
    ['email', 'CB005', () => ({ email: 'MEMBER@inviting.test' })],
    ['role_id', 'CB003', () => ({ role_id: ids.role('owner') })],
    ['role_id', 'CB004', () => ({ role_id: otherIds.role('member') })],
    ['role_id', 'CB004', () => ({ role_id: null })],
    ['workspace_ids', 'CB004', () => ({ workspace_ids: [other.workspaceId] })],
    ['workspace_ids', 'CB004', () => ({ workspace_ids: [null] })],
    [
      'workspace_ids',
      'CB002',
      () => ({
        workspace_ids: Array.from(
          { length: 101 },
          (_, index) => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
        ),
      }),
    ],
    ['team_id', 'CB004', () => ({ team_id: other.workspaceId })],
  ])('refuses a wrong %s with %s', async (column, code, given) => {
    await as(database, cast.admin, async (client) => {
      await expect(invite(client, given())).rejects.toMatchObject({ code, column });
    });
  });

  test('nobody opens a private workspace that they do not see', async () => {
    await undone(database, async (client) => {
      const role = await giveRole(
        client,
        cast.organizationId,
        ['tenancy.manage_members', 'workspaces.shared'],
        [cast.member],
      );
      await turnInto(client, cast.member);
      await client.query('savepoint s');
      await expect(
        invite(client, { role_id: role, workspace_ids: [cast.privateWorkspaceId] }),
      ).rejects.toMatchObject({ code: 'CB004', column: 'workspace_ids' });
      await client.query('rollback to s');
      await invite(client, { role_id: role, workspace_ids: [cast.workspaceId] });
    });
  });

  test('twice is a conflict, after it has expired it is not', async () => {
    await undone(database, async (client) => {
      const { invitation } = await invited(client, cast.admin);
      await turnInto(client, cast.owner);
      await client.query('savepoint s');
      await expect(invite(client)).rejects.toMatchObject({ code: 'CB005', column: 'email' });
      await client.query('rollback to s');
      await turnInto(client, undefined);
      await client.query('update tenancy.invitations set expires_at = now()');
      await turnInto(client, cast.owner);
      const again = await invite(client);
      expect(again['id']).not.toBe(invitation['id']);
      const { rows } = await client.query(
        'select i.id, tenancy.invitations_status(i) as status from tenancy.invitations i order by i.id',
      );
      expect(rows).toEqual([
        { id: invitation['id'], status: 'expired' },
        { id: again['id'], status: 'pending' },
      ]);
    });
  });

  test('keeps to the settings of security', async () => {
    await as(database, cast.owner, async (client) => {
      await call(client, 'tenancy.update_organization_settings', {
        section: 'security',
        patch: { invitationDays: 3, guestsAllowed: false, allowedEmailDomains: ['inviting.test'] },
      });
      await client.query('savepoint s');
      await expect(invite(client)).rejects.toMatchObject({ code: 'CB005', column: 'email' });
      await client.query('rollback to s');
      await expect(invite(client, { role_id: ids.role('guest') })).rejects.toMatchObject({
        code: 'CB005',
        column: 'role_id',
      });
      await client.query('rollback to s');
      await invite(client, { email: 'new@inviting.test' });
      const { rows } = await client.query(
        "select expires_at = now() + interval '3 days' as in_three_days from tenancy.invitations",
      );
      expect(rows).toEqual([{ in_three_days: true }]);
    });
  });
});

describe('sending again and revoking', () => {
  test('the earlier token no longer serves, and who sends again answers for it', async () => {
    await undone(database, async (client) => {
      const { invitation, token } = await invited(client, cast.admin);
      await turnInto(client, cast.owner);
      await client.query('savepoint s');
      const resend = () => call(client, 'tenancy.resend_invitation', { row_id: invitation['id'] });
      await expect(resend()).rejects.toMatchObject({ code: 'CB005' });
      await client.query('rollback to s');
      await turnInto(client, undefined);
      await client.query(
        "update tenancy.invitations set sent_at = now() - interval '1 hour', expires_at = now() - interval '1 minute'",
      );
      await turnInto(client, cast.owner);
      expect(await resend()).toMatchObject({ invited_by: cast.owner.userId });
      const second = await send(client, invitation);
      await turnInto(client, stranger);
      await client.query('savepoint t');
      await expect(accept(client, token)).rejects.toMatchObject({
        code: 'CB021',
        detail: 'unknown',
      });
      await client.query('rollback to t');
      expect(await accept(client, second)).toMatchObject({ id: cast.organizationId });
      await turnInto(client, cast.owner);
      await expect(resend()).rejects.toMatchObject({ code: 'CB006' });
    });
  });

  test('a revoked one cannot be accepted, sent or revoked again, and no message goes out any more', async () => {
    await undone(database, async (client) => {
      const { invitation, token } = await invited(client, cast.admin);
      await turnInto(client, cast.admin);
      const revoke = () => call(client, 'tenancy.revoke_invitation', { row_id: invitation['id'] });
      expect(await revoke()).toMatchObject({ revoked_by: cast.admin.userId });
      await client.query('savepoint s');
      await expect(revoke()).rejects.toMatchObject({ code: 'CB006', column: 'row_id' });
      await client.query('rollback to s');
      await turnInto(client, stranger);
      await expect(accept(client, token)).rejects.toMatchObject({
        code: 'CB021',
        detail: 'revoked',
        column: 'token',
      });
      await client.query('rollback to s');
      expect(await send(client, invitation)).toBeUndefined();
    });
  });

  test("another organization's invitations do not exist", async () => {
    await undone(database, async (client) => {
      const { invitation } = await invited(client, cast.admin);
      await turnInto(client, other.owner);
      for (const name of ['tenancy.resend_invitation', 'tenancy.revoke_invitation']) {
        await client.query('savepoint s');
        await expect(call(client, name, { row_id: invitation['id'] })).rejects.toMatchObject({
          code: 'CB004',
        });
        await client.query('rollback to s');
      }
    });
  });
});

describe('accepting', () => {
  test('makes a member with workspaces and team, verifies the address, and says where', async () => {
    await undone(database, async (client) => {
      const { rows: teams } = await client.query<{ id: string }>(
        "insert into tenancy.teams (organization_id, name) values ($1, 'Electrics') returning id",
        [cast.organizationId],
      );
      const { invitation, token } = await invited(client, cast.admin, {
        role_id: ids.role('guest'),
        workspace_ids: [cast.privateWorkspaceId, cast.privateWorkspaceId],
        team_id: teams[0]?.id,
      });
      await turnInto(client, stranger);
      expect(await accept(client, token)).toMatchObject({
        id: cast.organizationId,
        name: 'Inviting',
      });
      expect(await member(client, stranger)).toEqual([{ role_key: 'guest', status: 'active' }]);
      const { rows } = await client.query(
        `select (select count(*)::int from tenancy.workspace_members where user_id = $1) as workspaces,
                (select count(*)::int from tenancy.team_members where user_id = $1 and created_by = $2) as teams,
                (select email_verified_at is not null from identity.users where id = $1) as verified,
                (select accepted_by = $1 from tenancy.invitations where id = $3) as accepted`,
        [stranger.userId, cast.admin.userId, invitation['id']],
      );
      expect(rows).toEqual([{ workspaces: 1, teams: 1, verified: true, accepted: true }]);
      await turnInto(client, { ...stranger, organizationId: cast.organizationId });
      expect((await client.query('select from tenancy.workspaces')).rowCount).toBe(1);
    });
  });

  test('leaves out a workspace that whoever answers for it does not see any more, and nobody else sends it', async () => {
    await undone(database, async (client) => {
      const role = await giveRole(
        client,
        cast.organizationId,
        ['tenancy.manage_members', 'projects.read', 'workspaces.shared'],
        [cast.member, cast.admin],
      );
      await client.query(
        `insert into tenancy.workspace_members (organization_id, workspace_id, user_id) values ($1, $2, $3)
         on conflict do nothing`,
        [cast.organizationId, cast.privateWorkspaceId, cast.member.userId],
      );
      const { invitation, token } = await invited(client, cast.member, {
        role_id: role,
        workspace_ids: [cast.privateWorkspaceId, cast.workspaceId],
      });
      await client.query(
        'delete from tenancy.workspace_members where workspace_id = $1 and user_id = $2',
        [cast.privateWorkspaceId, cast.member.userId],
      );
      await client.query("update tenancy.invitations set sent_at = now() - interval '1 hour'");
      await turnInto(client, cast.admin);
      await client.query('savepoint s');
      await expect(
        call(client, 'tenancy.resend_invitation', { row_id: invitation['id'] }),
      ).rejects.toMatchObject({ code: 'CB003', column: 'row_id' });
      await client.query('rollback to s');
      await turnInto(client, stranger);
      await accept(client, token);
      await turnInto(client, undefined);
      const shown = await client.query(
        'select workspace_id from tenancy.workspace_members where user_id = $1',
        [stranger.userId],
      );
      expect(shown.rows).toEqual([{ workspace_id: cast.workspaceId }]);
    });
  });

  test('leaves out a workspace and a team that are gone', async () => {
    await undone(database, async (client) => {
      const { rows } = await client.query<{ workspace: string; team: string }>(
        `with workspace as (
           insert into tenancy.workspaces (organization_id, name, slug, is_private) values ($1, 'Gone', 'gone', true) returning id
         ), team as (
           insert into tenancy.teams (organization_id, name) values ($1, 'Gone') returning id
         )
         select workspace.id as workspace, team.id as team from workspace, team`,
        [cast.organizationId],
      );
      const { token } = await invited(client, cast.admin, {
        workspace_ids: [rows[0]?.workspace],
        team_id: rows[0]?.team,
      });
      await client.query('delete from tenancy.workspaces where id = $1', [rows[0]?.workspace]);
      await client.query('update tenancy.teams set deleted_at = now() where id = $1', [
        rows[0]?.team,
      ]);
      await turnInto(client, stranger);
      await accept(client, token);
      expect(await member(client, stranger)).toEqual([{ role_key: 'member', status: 'active' }]);
    });
  });

  test('takes the token and the account with the address: a message that was passed on serves nobody else', async () => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.admin);
      await turnInto(client, impostor);
      await client.query('savepoint s');
      await expect(accept(client, token)).rejects.toMatchObject({ code: 'CB003', column: 'token' });
      await client.query('rollback to s');
      expect(await member(client, impostor)).toEqual([]);
      await turnInto(client, stranger);
      await accept(client, token);
      expect(await member(client, stranger)).toHaveLength(1);
    });
  });

  test.each([[null], [''], ['f'.repeat(96)], ['x'.repeat(96)], ['f'.repeat(10_000)]])(
    'a token that is none (%#) is refused',
    async (token) => {
      await as(database, stranger, async (client) => {
        await expect(accept(client, token)).rejects.toMatchObject({
          code: 'CB021',
          detail: 'unknown',
        });
      });
    },
  );

  test('is refused after it expired, when used, and in an organization that is not active', async () => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.admin);
      const refused = async (detail: string) => {
        await turnInto(client, stranger);
        await client.query('savepoint s');
        await expect(accept(client, token)).rejects.toMatchObject({ code: 'CB021', detail });
        await client.query('rollback to s');
        await turnInto(client, undefined);
      };
      await client.query('update tenancy.invitations set expires_at = now()');
      await refused('expired');
      await client.query("update tenancy.invitations set expires_at = now() + interval '1 minute'");
      await client.query("update tenancy.organizations set status = 'suspended' where id = $1", [
        cast.organizationId,
      ]);
      await refused('organization');
      await client.query("update tenancy.organizations set status = 'active' where id = $1", [
        cast.organizationId,
      ]);
      await turnInto(client, stranger);
      await accept(client, token);
      await refused('accepted');
    });
  });

  test.each([
    [
      'left',
      "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
    ],
    [
      'is suspended',
      "update tenancy.organization_members set status = 'suspended' where organization_id = $1 and user_id = $2",
    ],
    [
      'may no longer invite',
      `update tenancy.organization_members m set role_id = r.id from tenancy.roles r
        where m.organization_id = $1 and m.user_id = $2 and r.organization_id = $1 and r.key = 'member'`,
    ],
    [
      'was denied what the role gives',
      `insert into tenancy.member_permissions (organization_id, user_id, permission, effect)
       values ($1, $2, 'projects.write', 'deny')`,
    ],
    [
      'lost the account',
      'update identity.users set is_active = false where $1::uuid is not null and id = $2',
    ],
  ])('is refused when whoever invited %s meanwhile', async (_what, sql) => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.admin);
      await client.query(sql, [cast.organizationId, cast.admin.userId]);
      await turnInto(client, stranger);
      await expect(accept(client, token)).rejects.toMatchObject({
        code: 'CB021',
        detail: 'inviter',
      });
    });
  });

  test('is refused when the settings have come to let nobody in like that', async () => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.admin);
      await turnInto(client, cast.owner);
      await call(client, 'tenancy.update_organization_settings', {
        section: 'security',
        patch: { allowedEmailDomains: ['elsewhere.test'] },
      });
      await turnInto(client, stranger);
      await expect(accept(client, token)).rejects.toMatchObject({ code: 'CB005', column: 'token' });
    });
  });

  test('is refused when the role has come to allow more than the inviter may do', async () => {
    await undone(database, async (client) => {
      const role = await giveRole(client, cast.organizationId, ['projects.read'], []);
      const { token } = await invited(client, cast.admin, { role_id: role });
      await client.query(
        "update tenancy.roles set permissions = '{tenancy.manage_roles}' where id = $1",
        [role],
      );
      await turnInto(client, stranger);
      await expect(accept(client, token)).rejects.toMatchObject({
        code: 'CB021',
        detail: 'inviter',
      });
    });
  });

  test('brings a former member back, with the new role and nothing of the old', async () => {
    await undone(database, async (client) => {
      await client.query(
        `insert into tenancy.workspace_members (organization_id, workspace_id, user_id) values ($1, $2, $3)`,
        [cast.organizationId, cast.privateWorkspaceId, cast.admin.userId],
      );
      await client.query(
        "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
        [cast.organizationId, cast.admin.userId],
      );
      const { token } = await invited(client, cast.owner, { email: 'admin@inviting.test' });
      await turnInto(client, { userId: cast.admin.userId! });
      await accept(client, token);
      expect(await member(client, cast.admin)).toEqual([{ role_key: 'member', status: 'active' }]);
      const { rowCount } = await client.query(
        'select from tenancy.workspace_members where user_id = $1',
        [cast.admin.userId],
      );
      expect(rowCount).toBe(0);
    });
  });

  test('is a conflict for a member, and no way back for a suspended one', async () => {
    for (const status of ['active', 'suspended']) {
      await undone(database, async (client) => {
        const { token } = await invited(client, cast.admin);
        await client.query(
          'insert into tenancy.organization_members (organization_id, user_id, role_id, status) values ($1, $2, $3, $4)',
          [cast.organizationId, stranger.userId, ids.role('guest'), status],
        );
        await turnInto(client, stranger);
        await client.query('savepoint s');
        await expect(accept(client, token)).rejects.toMatchObject({ code: 'CB005' });
        await client.query('rollback to s');
        expect(await member(client, stranger)).toEqual([{ role_key: 'guest', status }]);
      });
    }
  });
});

describe('signing up with the token', () => {
  const signUp = async (
    client: PoolClient,
    token: unknown,
    given: Record<string, unknown> = {},
  ) => {
    await client.query("select set_config('role', 'callboard_anonymous', true)");
    return call(client, 'identity.sign_up', {
      email: 'new@new.test',
      password: 'correct horse battery',
      name: 'New',
      invitation_token: token,
      ...given,
    });
  };

  test('makes an account that is a member at once, with its address confirmed and no mail about it', async () => {
    await undone(database, async (client) => {
      const { invitation, token } = await invited(client, cast.owner, {
        email: 'new@new.test',
        role_id: ids.role('guest'),
        workspace_ids: [cast.privateWorkspaceId],
      });
      const grant = await signUp(client, token, { email: ' New@New.test ' });
      expect(grant['organization_id']).toBe(cast.organizationId);
      await turnInto(client, undefined);
      const { rows } = await client.query(
        `select u.email_verified_at is not null as verified, m.role_key, m.status, i.accepted_by = u.id as accepted,
                (select array_agg(w.workspace_id) from tenancy.workspace_members w where w.user_id = u.id) as workspaces,
                (select count(*)::int from tenancy.organizations o where o.created_by = u.id) as founded,
                (select count(*)::int from graphile_worker.jobs j where j.key = 'verify_email:' || u.id) as mails
           from identity.users u
           join tenancy.organization_members m on m.user_id = u.id
           join tenancy.invitations i on i.organization_id = m.organization_id and i.id = $2
          where u.id = $1`,
        [grant['user_id'], invitation['id']],
      );
      expect(rows).toEqual([
        {
          verified: true,
          role_key: 'guest',
          status: 'active',
          accepted: true,
          workspaces: [cast.privateWorkspaceId],
          founded: 0,
          mails: 0,
        },
      ]);
    });
  });

  test('leads into no organization that asks for a second factor first', async () => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.owner, { email: 'new@new.test' });
      // Or the owner would be out themselves.
      await client.query(
        "insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, '', now())",
        [cast.owner.userId],
      );
      await client.query(
        `insert into tenancy.organization_settings (organization_id, section, value)
         values ($1, 'security', '{"secondFactorRequired": true}')
         on conflict (organization_id, section) do update set value = excluded.value`,
        [cast.organizationId],
      );
      const grant = await signUp(client, token);
      expect(grant['organization_id']).toBeNull();
      expect(grant['session_id']).not.toBeNull();
    });
  });

  test.each<[string, (client: PoolClient) => Promise<Record<string, unknown>>, object]>([
    [
      'another address',
      async () => ({ email: 'another@new.test' }),
      { code: 'CB003', column: 'email' },
    ],
    [
      'an organization to start',
      async () => ({ organization_name: 'Mine' }),
      { code: 'CB002', column: 'organization_name' },
    ],
    [
      'a token that is none',
      async () => ({ invitation_token: 'f'.repeat(96) }),
      { code: 'CB021', column: 'invitation_token', detail: 'unknown' },
    ],
    [
      'an empty token',
      async () => ({ invitation_token: '' }),
      { code: 'CB021', column: 'invitation_token', detail: 'unknown' },
    ],
    [
      'a revoked invitation',
      async (client) => {
        await client.query(
          "update tenancy.invitations set revoked_at = now() where email = 'new@new.test'",
        );
        return {};
      },
      { code: 'CB021', column: 'invitation_token', detail: 'revoked' },
    ],
    [
      'an expired invitation',
      async (client) => {
        await client.query(
          "update tenancy.invitations set expires_at = now() where email = 'new@new.test'",
        );
        return {};
      },
      { code: 'CB021', column: 'invitation_token', detail: 'expired' },
    ],
    [
      'an account with the address',
      async (client) => {
        await client.query(
          "insert into identity.users (email, name) values ('new@new.test', 'Older')",
        );
        return {};
      },
      { code: 'CB005', column: 'email', hint: 'Sign in, and accept the invitation.' },
    ],
  ])('is refused with %s, and leaves nothing behind', async (_what, prepare, refusal) => {
    await undone(database, async (client) => {
      const { token } = await invited(client, cast.owner, { email: 'new@new.test' });
      const given = await prepare(client);
      await client.query('savepoint before');
      await expect(signUp(client, token, given)).rejects.toMatchObject(refusal);
      await client.query('rollback to before');
      const { rows } = await client.query(
        `select (select count(*)::int from identity.credentials c join identity.users u on u.id = c.user_id
                  where u.email like '%@new.test') as accounts,
                (select count(*)::int from tenancy.invitations i
                  where i.email = 'new@new.test' and i.accepted_at is not null) as accepted`,
      );
      expect(rows).toEqual([{ accounts: 0, accepted: 0 }]);
    });
  });
});

test('a preview tells the page what it needs, and nothing to who has no token', async () => {
  await undone(database, async (client) => {
    const { token } = await invited(client, cast.admin);
    await client.query("select set_config('role', 'callboard_anonymous', true)");
    const preview = await call(client, 'tenancy.preview_invitation', { token });
    expect(preview).toMatchObject({
      email: 'stranger@new.test',
      status: 'pending',
      organization_name: 'Inviting',
      role_name: 'Member',
      invited_by_name: 'Admin of Inviting',
      has_account: true,
    });
    await client.query('reset role');
    const { token: another } = await invited(client, cast.admin, { email: 'nobody@new.test' });
    await client.query("select set_config('role', 'callboard_anonymous', true)");
    expect(await call(client, 'tenancy.preview_invitation', { token: another })).toMatchObject({
      email: 'nobody@new.test',
      has_account: false,
    });
    for (const wrong of ['f'.repeat(96), '', null]) {
      expect(await call(client, 'tenancy.preview_invitation', { token: wrong })).toMatchObject({
        email: null,
        organization_name: null,
      });
    }
  });
});

onServer('at the same moment', () => {
  test('one invitation accepted twice makes one member', async () => {
    const client = await database.pool().connect();
    await client.query('begin');
    const { token } = await invited(client, cast.admin, { email: 'impostor@new.test' });
    await client.query('commit');
    client.release();
    const outcomes = await Promise.all(
      [1, 2].map(async () => {
        const each = await database.pool('callboard_authenticator').connect();
        try {
          await each.query('begin');
          await enter(each, impostor);
          await accept(each, token);
          await each.query('commit');
          return 'done';
        } catch (error) {
          await each.query('rollback');
          const { code, detail } = error as { code: string; detail?: string };
          return `${code} ${detail}`;
        } finally {
          each.release();
        }
      }),
    );
    expect(outcomes.sort()).toEqual(['CB021 accepted', 'done']);
    const { rows } = await database
      .pool()
      .query('select role_key from tenancy.organization_members where user_id = $1', [
        impostor.userId,
      ]);
    expect(rows).toEqual([{ role_key: 'member' }]);
  });

  test('a former member accepts while their account is being changed, and nobody waits for each other', async () => {
    const { rows: people } = await database
      .pool()
      .query<{ id: string }>(
        "insert into identity.users (email, name) values ('returning@new.test', 'Returning') returning id",
      );
    const returning = { userId: people[0]!.id };
    const preparing = await database.pool().connect();
    await preparing.query('begin');
    await preparing.query(
      `insert into tenancy.organization_members (organization_id, user_id, role_id, status)
       values ($1, $2, $3, 'left')`,
      [cast.organizationId, returning.userId, ids.role('member')],
    );
    const { token } = await invited(preparing, cast.admin, { email: 'returning@new.test' });
    await preparing.query('commit');
    preparing.release();

    const [changing, accepting] = [
      await database.pool().connect(),
      await database.pool('callboard_authenticator').connect(),
    ];
    try {
      await accepting.query('begin');
      await enter(accepting, returning);
      await changing.query('begin');
      // as whatever changes an account: the user first, then, as a second factor is confirmed, the organizations
      await changing.query('select from identity.users where id = $1 for no key update', [
        returning.userId,
      ]);
      const { rows: backends } = await accepting.query<{ pid: number }>(
        'select pg_backend_pid() as pid',
      );
      const accepted = accept(accepting, token).then(
        ({ id }) => id,
        (error: unknown) => (error as { code: string }).code,
      );
      await until(async () => {
        const { rows } = await database
          .pool()
          .query('select cardinality(pg_blocking_pids($1)) > 0 as waits', [backends[0]?.pid]);
        return rows[0].waits;
      });
      await changing.query(
        `insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, 'x', now())`,
        [returning.userId],
      );
      await changing.query('commit');
      expect(await accepted).toBe(cast.organizationId);
      await accepting.query('commit');
    } finally {
      await changing.query('rollback');
      await accepting.query('rollback');
      changing.release();
      accepting.release();
    }
  });

  test('one invitation that two sign up with makes one account, and the other hears that it has served', async () => {
    const client = await database.pool().connect();
    await client.query('begin');
    const { token } = await invited(client, cast.admin, { email: 'double@new.test' });
    await client.query('commit');
    client.release();
    const outcomes = await Promise.all(
      [1, 2, 3].map(async () => {
        try {
          await database
            .pool()
            .query(
              "select identity.sign_up('double@new.test', 'correct horse battery', 'Double', invitation_token => $1)",
              [token],
            );
          return 'done';
        } catch (error) {
          const { code, detail } = error as { code: string; detail?: string };
          return `${code} ${detail}`;
        }
      }),
    );
    expect(outcomes.sort()).toEqual(['CB021 accepted', 'CB021 accepted', 'done']);
    const { rows } = await database.pool().query(
      `select m.role_key, m.organization_id from identity.users u
         join tenancy.organization_members m on m.user_id = u.id
        where u.email = 'double@new.test'`,
    );
    expect(rows).toEqual([{ role_key: 'member', organization_id: cast.organizationId }]);
  });

  test('accepted while it is revoked: one of both', async () => {
    await database
      .pool()
      .query("insert into identity.users (email, name) values ('late@new.test', 'Late')");
    const { rows } = await database
      .pool()
      .query<{ id: string }>("select id from identity.users where email = 'late@new.test'");
    const late = { userId: rows[0]!.id };
    const client = await database.pool().connect();
    await client.query('begin');
    const { token, invitation } = await invited(client, cast.admin, { email: 'late@new.test' });
    await client.query('commit');
    client.release();
    const works: [Caller, (each: PoolClient) => Promise<unknown>][] = [
      [late, (each) => accept(each, token)],
      [cast.owner, (each) => call(each, 'tenancy.revoke_invitation', { row_id: invitation['id'] })],
    ];
    const outcomes = await Promise.all(
      works.map(async ([caller, work]) => {
        const each = await database.pool('callboard_authenticator').connect();
        try {
          await each.query('begin');
          await enter(each, caller);
          await work(each);
          await each.query('commit');
          return 'done';
        } catch (error) {
          await each.query('rollback');
          return (error as { code: string }).code;
        } finally {
          each.release();
        }
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(['CB021', 'CB006']).toContain(outcomes.find((outcome) => outcome !== 'done'));
  });
});
