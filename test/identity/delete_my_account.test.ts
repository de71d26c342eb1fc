import { beforeEach, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import {
  call,
  cheapPasswords,
  comesFrom,
  eventsOf,
  holderOf,
  linkFor,
  mailsTo,
  PASSWORD,
  refresh,
  signedIn,
  signedUp,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

let serial = 0;
let owner: Grant;
let member: Grant;
beforeEach(async () => {
  serial += 1;
  owner = await signedUp(database, `owner${serial}@delete.test`, `Company ${serial}`);
  member = await signedUp(database, `member${serial}@delete.test`);
  await join(member, 'member');
});

const join = (grant: Grant, role: string) =>
  database.pool().query(
    `insert into tenancy.organization_members (organization_id, user_id, role_id)
     select r.organization_id, $2, r.id from tenancy.roles r where r.organization_id = $1 and r.key = $3`,
    [owner.organization_id, grant.user_id, role],
  );
const remove = (grant: Grant, password = PASSWORD) =>
  actAs(database, holderOf(grant), (client) =>
    call<{ answer: object }>(client, 'select identity.delete_my_account($1) as answer', [password]),
  );
const one = async (sql: string, values: unknown[]) =>
  (await database.pool().query(sql, values)).rows[0];

describe('an account that ends', () => {
  test('loses everything that said who it was, and keeps what it made', async () => {
    const email = `member${serial}@delete.test`;
    const inside = { ...holderOf(member), organizationId: owner.organization_id ?? '' };
    await actAs(database, inside, async (client) => {
      await comesFrom(client, '192.0.2.9');
      await client.query("insert into projects.projects (name) values ('Made before')");
      await client.query("update identity.profiles set bio = 'Grip', phone = '123'");
      await client.query("update identity.users set avatar_url = 'https://a.test/me.png'");
    });
    await signedIn(database, email, 'wrong');
    await actAs(database, holderOf(member), async (client) => {
      await comesFrom(client, '192.0.2.9');
      await client.query('select identity.sign_out_everywhere(true)');
    });
    const link = await linkFor(database, 'password_reset', email);
    expect(await remove(member)).toEqual({ answer: {} });

    const row = await one(
      `select u.email, u.name, u.avatar_url, u.is_active, u.deleted_at is not null as deleted, u.email_verified_at,
              u.last_sign_in_at,
              (select count(*)::int from identity.profiles p where p.user_id = u.id) as profiles,
              (select count(*)::int from identity.credentials c where c.user_id = u.id) as credentials,
              (select count(*)::int from identity.session_families s where s.user_id = u.id) as sessions,
              (select count(*)::int from identity.one_time_tokens t where t.user_id = u.id) as links,
              (select m.status from tenancy.organization_members m where m.user_id = u.id) as membership,
              (select p.name from projects.projects p where p.created_by = u.id) as project,
              (select count(*)::int from security.security_events e where e.user_id = u.id and e.address is not null)
                as addresses
         from identity.users u where u.id = $1`,
      [member.user_id],
    );
    expect(row).toEqual({
      email: `deleted-${member.user_id}@callboard.invalid`,
      name: 'Deleted user',
      avatar_url: null,
      is_active: false,
      deleted: true,
      email_verified_at: null,
      last_sign_in_at: null,
      profiles: 0,
      credentials: 0,
      sessions: 0,
      links: 0,
      membership: 'left',
      project: 'Made before',
      addresses: 0,
    });
    expect(
      await one(
        'select count(*)::int as n from security.failed_login_attempts where email_digest = security.login_digest($1)',
        [email],
      ),
    ).toEqual({ n: 0 });
    expect(await eventsOf(database, member.user_id)).toEqual([
      'signed_out_everywhere',
      'account_deleted',
    ]);
    expect((await mailsTo(database, email)).at(-1)).toMatchObject({ template: 'account_deleted' });

    expect(await signedIn(database, email)).toMatchObject({ refusal: { code: 'CB008' } });
    await expect(refresh(database.pool(), member.refresh_token)).rejects.toMatchObject({
      code: 'CB008',
    });
    await as(database, ANONYMOUS, async (client) => {
      await expect(
        client.query('select identity.reset_password($1, $2)', [link, 'another good password']),
      ).rejects.toMatchObject({ code: 'CB011' });
    });
  });

  test('is not named any more by the invitations that it came by, nor by the audit log', async () => {
    const email = `member${serial}@delete.test`;
    const invite = async (address: string, more: string) => {
      const { rows } = await database.pool().query<{ id: string }>(
        `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at, accepted_at, accepted_by, revoked_at)
         select r.organization_id, $2, r.id, $3, now() + interval '1 day', ${more}
           from tenancy.roles r where r.organization_id = $1 and r.key = 'member' returning id`,
        [owner.organization_id, address, owner.user_id],
      );
      return rows[0]?.id;
    };
    const ids = [
      // under an address that the account has left since
      await invite(`before${serial}@delete.test`, `now(), '${member.user_id}', null`),
      await invite(email, 'null, null, now()'),
      await invite(email, 'null, null, null'),
    ];
    const others = await invite(`somebody${serial}@delete.test`, 'null, null, null');
    const elsewhere = await signedUp(database, `elsewhere${serial}@delete.test`, `Other ${serial}`);
    const { rows: foreign } = await database.pool().query<{ id: string }>(
      `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at)
       select r.organization_id, $2, r.id, $3, now() + interval '1 day'
         from tenancy.roles r where r.organization_id = $1 and r.key = 'member' returning id`,
      [elsewhere.organization_id, email, elsewhere.user_id],
    );
    await database
      .pool()
      .query("update tenancy.organization_members set title = 'Gaffer' where user_id = $1", [
        member.user_id,
      ]);
    expect(await remove(member)).toEqual({ answer: {} });

    const { rows } = await database.pool().query(
      `select i.id, i.email, i.accepted_at is null and i.revoked_at is null as open
         from tenancy.invitations i where i.id = any ($1) order by array_position($1, i.id)`,
      [[...ids, others, foreign[0]?.id]],
    );
    expect(rows).toEqual([
      ...ids.map((id) => ({ id, email: `deleted-${id}@callboard.invalid`, open: false })),
      { id: others, email: `somebody${serial}@delete.test`, open: true },
      // what another organization has asked an address to stands
      { id: foreign[0]?.id, email, open: true },
    ]);
    const quotes = await one(
      `select count(*)::int as entries,
              count(*) filter (where concat(l.before, l.after) ~ 'before|member[0-9]+@|Gaffer')::int as named
         from security.audit_logs l
        where l.organization_id = $1
          and (l.entity_id = any ($2)
               or l.entity_id in (select m.id from tenancy.organization_members m where m.user_id = $3))`,
      [owner.organization_id, ids, member.user_id],
    );
    expect(quotes.entries).toBeGreaterThanOrEqual(6);
    expect(quotes.named).toBe(0);
  });

  test('frees its address for a new one', async () => {
    await remove(member);
    const again = await signedUp(database, `member${serial}@delete.test`);
    expect(again.user_id).not.toBe(member.user_id);
  });

  test('takes what is personal in every module, and all that would let it in', async () => {
    await database.pool().query(
      `with factor as (
         insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, 'x', now())
         returning user_id
       ),
       codes as (
         insert into identity.recovery_codes (user_id, code_hash) select user_id, sha256('x') from factor
       ),
       challenges as (
         insert into identity.sign_in_challenges (user_id, challenge_hash) values ($1, sha256($1::text::bytea))
       ),
       provider as (
         insert into identity.oauth_providers (key, name, issuer, client_id)
         values ('provider' || $2::int, 'Provider', 'https://provider.test', 'callboard')
         returning id
       ),
       linked as (
         insert into identity.linked_accounts (user_id, provider_id, issuer, subject)
         select $1, id, 'https://provider.test', 'subject-' || $2::int from provider
         returning id
       ),
       tokens as (
         insert into identity.oauth_tokens (linked_account_id, user_id, access_token_encrypted)
         select id, $1, 'x' from linked
       ),
       apps as (
         insert into identity.connected_apps (user_id, name, linked_account_id) select $1, 'App', id from linked
       ),
       contacts as (
         insert into identity.emergency_contacts (user_id, name, relationship, phone)
         values ($1, 'Mother', 'parent', '+1 555 0100')
       )
       select`,
      [member.user_id, serial],
    );
    const { rows } = await database.pool().query<{ name: string }>(
      `select p.table_id::text as name
         from platform.protected_tables p
         join pg_attribute a on a.attrelid = p.table_id and a.attname = 'user_id' and not a.attisdropped
        where p.kind = 'personal' or p.module = 'identity'
        order by 1`,
    );
    const left = async () => {
      const counts: Record<string, number> = {};
      for (const { name } of rows) {
        const { n } = await one(`select count(*)::int as n from ${name} where user_id = $1`, [
          member.user_id,
        ]);
        if (n > 0) counts[name] = n;
      }
      return Object.keys(counts);
    };
    expect(await left()).toEqual(
      expect.arrayContaining([
        'identity.connected_apps',
        'identity.credentials',
        'identity.emergency_contacts',
        'identity.linked_accounts',
        'identity.oauth_tokens',
        'identity.profiles',
        'identity.recovery_codes',
        'identity.second_factors',
        'identity.session_families',
        'identity.sign_in_challenges',
      ]),
    );
    await remove(member);
    expect(await left()).toEqual([]);
  });

  test('takes the password, and a session', async () => {
    expect(await remove(member, 'wrong')).toEqual({
      answer: {
        refusal: { code: 'CB008', field: 'password', message: 'This is not your password.' },
      },
    });
    await as(database, { userId: member.user_id }, async (client) => {
      await expect(
        client.query('select identity.delete_my_account($1)', [PASSWORD]),
      ).rejects.toMatchObject({ code: 'CB001' });
    });
    expect(
      await one('select is_active from identity.users where id = $1', [member.user_id]),
    ).toEqual({ is_active: true });
  });
});

describe('the only owner', () => {
  test('cannot go, and is told whose organization it is', async () => {
    await expect(remove(owner)).rejects.toMatchObject({
      code: 'CB020',
      message: `You are the only owner of Company ${serial}.`,
    });
    expect(await signedIn(database, `owner${serial}@delete.test`)).toMatchObject({ refusal: null });
  });

  test('can go when there is another one, or the organization is closed', async () => {
    const second = await signedUp(database, `second${serial}@delete.test`);
    await join(second, 'owner');
    expect(await remove(owner)).toEqual({ answer: {} });
    await expect(remove(second)).rejects.toMatchObject({ code: 'CB020' });
    await database
      .pool()
      .query("update tenancy.organizations set status = 'closed' where id = $1", [
        owner.organization_id,
      ]);
    expect(await remove(second)).toEqual({ answer: {} });
  });

  test('is so although another one has left or is suspended', async () => {
    const second = await signedUp(database, `second${serial}@delete.test`);
    await join(second, 'owner');
    await database
      .pool()
      .query('update identity.users set is_active = false where id = $1', [second.user_id]);
    await expect(remove(owner)).rejects.toMatchObject({ code: 'CB020' });
  });
});

onServer('at the same moment', () => {
  test('of two owners who go one stays', async () => {
    const second = await signedUp(database, `second${serial}@delete.test`);
    await join(second, 'owner');
    const outcomes = await Promise.allSettled([remove(owner), remove(second)]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({
      reason: { code: 'CB020' },
    });
  });
});
