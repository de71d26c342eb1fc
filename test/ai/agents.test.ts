import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, sqlstateOf, type Cast, undone } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
let agentId: string;

const one = async <T extends object>(client: PoolClient, sql: string, values: unknown[] = []) =>
  (await client.query<T>(sql, values)).rows[0]!;

const makeAgent = async (client: PoolClient, key: string, values: Record<string, unknown> = {}) => {
  const row = { name: 'Scheduler', key, model: 'large-1', status: 'active', ...values };
  const names = Object.keys(row);
  const { id } = await one<{ id: string }>(
    client,
    `insert into ai.agents (${names.join(', ')}) values (${names.map((_n, i) => `$${i + 1}`).join(', ')}) returning id`,
    Object.values(row),
  );
  return id;
};

const log = (client: PoolClient, interaction: Record<string, unknown>) =>
  one<{ id: string; cost_micros: string; model: string; currency: string; user_id: string }>(
    client,
    `select (i).* from ai.log_agent_interaction(jsonb_populate_record(null::ai.interaction_draft, $1)) i`,
    [JSON.stringify({ agent_id: agentId, outcome: 'success', latency_ms: 100, ...interaction })],
  );

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  agentId = await actAs(database, ours.owner, (client) => makeAgent(client, 'scheduler'));
  await database
    .pool()
    .query("update tenancy.organizations set time_zone = 'America/Los_Angeles' where id = $1", [
      ours.organizationId,
    ]);
});

const summarize = (client: PoolClient) => client.query('select ai.summarize_agents()');
const within = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => undone(database, work);

const told = (client: PoolClient, at: string, values: Record<string, unknown> = {}) =>
  client.query(
    `insert into ai.agent_interactions
       (organization_id, agent_id, occurred_at, model, outcome, latency_ms, input_tokens, output_tokens, cost_micros, currency)
     values ($1, $2, $3, 'large-1', $4, $5, $6, $7, $8, $9) returning id`,
    [
      ours.organizationId,
      agentId,
      at,
      values['outcome'] ?? 'success',
      values['latency_ms'] ?? 100,
      values['input_tokens'] ?? 10,
      values['output_tokens'] ?? 5,
      values['cost_micros'] ?? 1000,
      values['currency'] ?? 'USD',
    ],
  );
const metrics = (client: PoolClient) =>
  client
    .query(
      `select day::text, interactions, failures, refusals, error_rate::float, p50_latency_ms, p95_latency_ms, input_tokens::int,
              output_tokens::int, cost_micros::int, ratings, good_ratings, satisfaction::float
         from ai.health_metrics where organization_id = $1 order by day`,
      [ours.organizationId],
    )
    .then(({ rows }) => rows as Record<string, unknown>[]);

describe('log_agent_interaction', () => {
  test('writes down what happened, and counts tokens towards the plan', async () => {
    await as(database, ours.member, async (client) => {
      const tokens = async () =>
        (
          await one<{ used: string }>(
            client,
            "select used from billing.usage() where metric = 'ai_tokens'",
          )
        ).used;
      const before = Number(await tokens());
      const logged = await log(client, { input_tokens: 700, output_tokens: 300, cost_micros: 42 });
      expect(logged).toMatchObject({
        model: 'large-1',
        currency: 'USD',
        cost_micros: '42',
        user_id: ours.member.userId,
      });
      expect(Number(await tokens()) - before).toBe(1000);
      await log(client, { outcome: 'cancelled', latency_ms: 0 });
      expect(Number(await tokens()) - before).toBe(1000);
    });
  });

  test('told again with the same id is written and counted once', async () => {
    await as(database, ours.member, async (client) => {
      const row_id = randomUUID();
      const first = await log(client, { row_id, input_tokens: 10 });
      const second = await log(client, { row_id, input_tokens: 10 });
      expect(second).toEqual(first);
      const { count } = await one<{ count: string }>(
        client,
        'select count(*) from ai.agent_interactions where id = $1',
        [row_id],
      );
      expect(count).toBe('1');
    });
  });

  test('refuses the id of what another agent has done, seen by the caller or not', async () => {
    const other = await actAs(database, ours.owner, (client) =>
      makeAgent(client, 'confidential', { workspace_id: ours.privateWorkspaceId }),
    );
    const row_id = randomUUID();
    await actAs(database, ours.owner, (client) =>
      log(client, { agent_id: other, row_id, response: 'for few' }),
    );
    const { rowCount } = await database
      .pool()
      .query('select from ai.agent_interactions where id = $1 and agent_id = $2', [row_id, other]);
    expect(rowCount).toBe(1);
    for (const role of ['member', 'owner'] as const) {
      await as(database, ours[role], async (client) => {
        const { rowCount: seen } = await client.query(
          'select from ai.agent_interactions where id = $1',
          [row_id],
        );
        expect(seen).toBe(role === 'owner' ? 1 : 0);
        expect(await sqlstateOf(client, () => log(client, { row_id }))).toBe('CB004');
      });
    }
    await as(database, ours.owner, async (client) => {
      expect(await log(client, { agent_id: other, row_id })).toMatchObject({ id: row_id });
    });
    await database.pool().query('delete from ai.agent_interactions where id = $1', [row_id]);
  });

  test('refuses what cannot have happened, and strangers', async () => {
    await as(database, ours.member, async (client) => {
      const code = (values: Record<string, unknown>) =>
        sqlstateOf(client, () => log(client, values));
      expect(await code({ occurred_at: '2999-01-01T00:00:00Z' })).toBe('CB002');
      expect(await code({ occurred_at: '2001-01-01T00:00:00Z' })).toBe('CB002');
      expect(await code({ occurred_at: 'infinity' })).toBe('CB002');
      expect(await code({ outcome: null })).toBe('CB002');
      expect(await code({ outcome: 'fine' })).toBe('23514');
      expect(await code({ latency_ms: -1 })).toBe('23514');
      expect(await code({ input_tokens: -1 })).toBe('23514');
      expect(await code({ agent_id: randomUUID() })).toBe('CB004');
    });
    await as(database, theirs.owner, async (client) => {
      expect(await sqlstateOf(client, () => log(client, {}))).toBe('CB004');
    });
    await as(database, ours.guest, async (client) => {
      expect(await sqlstateOf(client, () => log(client, {}))).toBe('CB003');
    });
    await as(database, ours.owner, async (client) => {
      expect(
        await sqlstateOf(client, () =>
          client.query("update ai.agent_interactions set outcome = 'success'"),
        ),
      ).toBe('42501');
    });
  });

  test('of an agent in a private workspace is seen by those alone who see that', async () => {
    await within(async (client) => {
      const { rows } = await told(client, new Date().toISOString());
      await client.query('update ai.agents set workspace_id = $2 where id = $1', [
        agentId,
        ours.privateWorkspaceId,
      ]);
      const { workspace_id } = await one<{ workspace_id: string }>(
        client,
        'select workspace_id from ai.agent_interactions where id = $1',
        [rows[0].id],
      );
      expect(workspace_id).toBe(ours.privateWorkspaceId);
    });
  });
});

onServer('the same interaction, told twice at the same time', () => {
  test('is written once', async () => {
    const row_id = randomUUID();
    await Promise.all(
      Array.from({ length: 4 }, () =>
        actAs(database, ours.member, (client) => log(client, { row_id, input_tokens: 7 })),
      ),
    );
    const { rows } = await database
      .pool()
      .query('select from ai.agent_interactions where id = $1', [row_id]);
    expect(rows).toHaveLength(1);
    await database.pool().query('delete from ai.agent_interactions where id = $1', [row_id]);
  });
});

describe('what an agent may still do', () => {
  test('follows from its limits, and says which one is reached', async () => {
    await as(database, ours.owner, async (client) => {
      agentId = await makeAgent(client, 'limited', {
        max_interactions_per_day: 2,
        max_tokens_per_day: 1000,
        max_cost_per_month: '1.50',
      });
      const budget = () =>
        one<Record<string, unknown>>(
          client,
          `select (b).allowed, (b).reason, (b).interactions_left::int, (b).tokens_left::int, (b).cost_left::float
             from ai.agents a, ai.agents_budget(a) b where a.id = $1`,
          [agentId],
        );
      expect(await budget()).toEqual({
        allowed: true,
        reason: null,
        interactions_left: 2,
        tokens_left: 1000,
        cost_left: 1.5,
      });
      await log(client, { input_tokens: 100, cost_micros: 500_000 });
      expect(await budget()).toMatchObject({
        allowed: true,
        interactions_left: 1,
        tokens_left: 900,
        cost_left: 1,
      });
      await log(client, { cost_micros: 1_000_000 });
      expect(await budget()).toMatchObject({ allowed: false, reason: 'interactions' });
      await client.query('update ai.agents set max_interactions_per_day = null where id = $1', [
        agentId,
      ]);
      expect(await budget()).toMatchObject({
        allowed: false,
        reason: 'cost',
        interactions_left: null,
      });
      await client.query("update ai.agents set status = 'paused' where id = $1", [agentId]);
      expect(await budget()).toMatchObject({ allowed: false, reason: 'status' });
      expect(
        await sqlstateOf(client, () =>
          client.query("update ai.agents set status = 'draft' where id = $1", [agentId]),
        ),
      ).toBe('CB006');
    });
    const { rows } = await database
      .pool()
      .query<{ id: string }>("select id from ai.agents where key = 'scheduler'");
    agentId = rows[0]!.id;
  });
});

describe('summarize_agents', () => {
  test('works out each day in the time zone of the organization', async () => {
    await within(async (client) => {
      const { day } = await one<{ day: string }>(
        client,
        "select ((now() at time zone 'America/Los_Angeles')::date - 3)::text as day",
      );
      const at = async (time: string) =>
        (
          await one<{ at: Date }>(
            client,
            "select ($1 || ' ' || $2)::timestamp at time zone 'America/Los_Angeles' as at",
            [day, time],
          )
        ).at.toISOString();
      // 23:59:59 there is the next day in UTC already.
      await told(client, await at('23:59:59'), { latency_ms: 400, outcome: 'timeout' });
      await told(client, await at('00:00:00'), { latency_ms: 100 });
      await told(client, await at('12:00:00'), { latency_ms: 200, outcome: 'refused' });
      await told(client, await at('12:00:01'), {
        latency_ms: 9999,
        outcome: 'cancelled',
        cost_micros: 500,
        currency: 'EUR',
      });
      await told(client, await at('24:00:00'), { latency_ms: 100 });
      await summarize(client);
      const all = await metrics(client);
      expect(all).toHaveLength(2);
      expect(all[0]).toEqual({
        day,
        interactions: 4,
        failures: 1,
        refusals: 1,
        error_rate: 0.25,
        p50_latency_ms: 200,
        p95_latency_ms: 400,
        input_tokens: 40,
        output_tokens: 20,
        cost_micros: 3000,
        ratings: 0,
        good_ratings: 0,
        satisfaction: null,
      });
      expect(all[1]).toMatchObject({ interactions: 1, failures: 0, error_rate: 0 });
      // Nothing new, nothing written.
      expect((await client.query('select ai.summarize_agents() as days')).rows).toEqual([
        { days: 0 },
      ]);
      // Late: only its day is other than before.
      const { rows } = await told(client, await at('13:00:00'));
      expect((await client.query('select ai.summarize_agents() as days')).rows).toEqual([
        { days: 1 },
      ]);
      await client.query(
        `insert into ai.interaction_feedback (organization_id, interaction_id, agent_id, interaction_occurred_at, user_id, rating)
         values ($1, $2, $3, $4, $5, -1)`,
        [ours.organizationId, rows[0].id, agentId, await at('13:00:00'), ours.owner.userId],
      );
      await summarize(client);
      expect((await metrics(client))[0]).toMatchObject({
        interactions: 5,
        ratings: 1,
        good_ratings: 0,
        satisfaction: 0,
      });
    });
  });

  test('counts each interaction once after the organization has moved to another time zone', async () => {
    await within(async (client) => {
      const move = (zone: string) =>
        client.query('update tenancy.organizations set time_zone = $2 where id = $1', [
          ours.organizationId,
          zone,
        ]);
      const days = () =>
        client
          .query(
            `select m.day::text, m.interactions from ai.health_metrics m where m.organization_id = $1
              and m.day > current_date - 300 order by m.day`,
            [ours.organizationId],
          )
          .then(({ rows }) => rows as { day: string; interactions: number }[]);
      const expected = (zone: string) =>
        client
          .query(
            `select (i.occurred_at at time zone $2)::date::text as day, count(*)::int as interactions
               from ai.agent_interactions i where i.organization_id = $1 group by 1 order by 1`,
            [ours.organizationId, zone],
          )
          .then(({ rows }) => rows as { day: string; interactions: number }[]);
      // Alone on its day, in the evening of the westernmost zone: two days later in the easternmost.
      for (const hours of [2, 26, 27, 50, 61, 200, 24 * 200]) {
        const { at } = await one<{ at: Date }>(
          client,
          "select date_trunc('day', now(), 'UTC') - make_interval(hours => $1) as at",
          [hours],
        );
        await told(client, at.toISOString());
      }
      await told(
        client,
        (
          await one<{ at: Date }>(
            client,
            "select ((now() at time zone 'UTC')::date - 30 + time '10:30') at time zone 'UTC' as at",
          )
        ).at.toISOString(),
      );
      // What is left of days whose interactions are gone, and another organization's.
      const old = `insert into ai.health_metrics (organization_id, agent_id, day, interactions, failures, refusals, input_tokens,
                     output_tokens, cost_micros, currency, ratings, good_ratings)
                   values ($1, $2, current_date - $3::int, 7, 0, 0, 0, 0, 0, 'USD', 0, 0)`;
      await client.query(old, [ours.organizationId, agentId, 380]);
      const otherId = await makeAgent(client, 'elsewhere', {
        organization_id: theirs.organizationId,
      });
      await client.query(old, [theirs.organizationId, otherId, 5]);
      await summarize(client);
      for (const zone of [
        'Pacific/Pago_Pago',
        'Pacific/Kiritimati',
        'UTC',
        'America/Los_Angeles',
      ]) {
        await move(zone);
        await summarize(client);
        expect({ zone, days: await days() }).toEqual({ zone, days: await expected(zone) });
        // Done once, and for all.
        expect((await client.query('select ai.summarize_agents() as days')).rows).toEqual([
          { days: 0 },
        ]);
        expect((await client.query('select from ai.moved_organizations')).rowCount).toBe(0);
      }
      const { rows } = await client.query<{ interactions: number }>(
        `select interactions from ai.health_metrics
          where (organization_id, day) in (($1, current_date - 380), ($2, current_date - 5))`,
        [ours.organizationId, theirs.organizationId],
      );
      expect(rows).toEqual([{ interactions: 7 }, { interactions: 7 }]);
      // Of several moves the last one counts.
      await move('Asia/Tokyo');
      await move('Europe/Berlin');
      await summarize(client);
      expect(await days()).toEqual(await expected('Europe/Berlin'));
    });
  });

  test('does nothing without interactions', async () => {
    await within(async (client) => {
      await client.query('delete from ai.interaction_feedback; delete from ai.agent_interactions');
      expect(
        (await client.query('select ai.summarize_agents() as days, ai.find_insights() as told'))
          .rows,
      ).toEqual([{ days: 0, told: 0 }]);
    });
  });
});

describe('ratings', () => {
  test('are of people, one each, and may change', async () => {
    await as(database, ours.member, async (client) => {
      const { id } = await log(client, {});
      const rate = (rating: number | null, interaction = id) =>
        one<{ rating: number }>(client, 'select (f).* from ai.rate_interaction($1, $2) f', [
          interaction,
          rating,
        ]);
      expect((await rate(1)).rating).toBe(1);
      expect((await rate(-1)).rating).toBe(-1);
      const { count } = await one<{ count: string }>(
        client,
        'select count(*) from ai.interaction_feedback where interaction_id = $1',
        [id],
      );
      expect(count).toBe('1');
      expect(await sqlstateOf(client, () => rate(0))).toBe('CB002');
      expect(await sqlstateOf(client, () => rate(null))).toBe('CB002');
      expect(await sqlstateOf(client, () => rate(1, randomUUID()))).toBe('CB004');
    });
  });
});

describe('find_insights', () => {
  const days = async (
    client: PoolClient,
    values: readonly {
      day: number;
      interactions: number;
      failures?: number;
      p95?: number;
      cost?: number;
    }[],
  ) => {
    for (const { day, interactions, failures = 0, p95 = 500, cost = 1_000_000 } of values) {
      await client.query(
        `insert into ai.health_metrics (organization_id, agent_id, day, interactions, failures, refusals, p50_latency_ms,
           p95_latency_ms, input_tokens, output_tokens, cost_micros, currency, ratings, good_ratings)
         values ($1, $2, (now() at time zone 'America/Los_Angeles')::date - $3::int, $4, $5, 0, 100, $6, 100, 100, $7, 'USD', 0, 0)
         on conflict (organization_id, agent_id, day) do update
           set (interactions, failures, p95_latency_ms) = (excluded.interactions, excluded.failures, excluded.p95_latency_ms)`,
        [ours.organizationId, agentId, day, interactions, failures, p95, cost],
      );
    }
  };
  const insights = (client: PoolClient) =>
    client
      .query(
        'select rule_key, status, severity, value::float, expected::float from ai.insights where organization_id = $1 order by rule_key, day',
        [ours.organizationId],
      )
      .then(({ rows }) => rows as Record<string, unknown>[]);
  const usual = Array.from({ length: 14 }, (_day, index) => ({
    day: index + 2,
    interactions: 100 + (index % 5),
    failures: 1,
    p95: 480 + 10 * (index % 4),
  }));

  test('tells what stands out against the days before, and nothing of a usual day', async () => {
    await within(async (client) => {
      await days(client, [...usual, { day: 1, interactions: 102, failures: 1 }]);
      await client.query('select ai.find_insights()');
      expect(await insights(client)).toEqual([]);
      await days(client, [{ day: 1, interactions: 100, failures: 40, p95: 2000 }]);
      await client.query('select ai.find_insights()');
      expect(await insights(client)).toMatchObject([
        {
          rule_key: 'error_rate_high',
          severity: 'critical',
          value: 0.4,
          expected: 0.25,
          status: 'open',
        },
        { rule_key: 'error_rate_spike', severity: 'warning', value: 0.4 },
        { rule_key: 'latency_spike', value: 2000, expected: 490 },
      ]);
      // The same again tells nothing new; what is no longer so is put away.
      expect((await client.query('select ai.find_insights() as told')).rows).toEqual([{ told: 0 }]);
      await days(client, [{ day: 1, interactions: 100, failures: 40, p95: 500 }]);
      await client.query('select ai.find_insights()');
      expect((await insights(client)).map(({ status }) => status)).toEqual([
        'open',
        'open',
        'dismissed',
      ]);
    });
  });

  test('opens again what it has put away itself, once it is so again, and nothing else', async () => {
    await within(async (client) => {
      const told = async (p95: number) => {
        await days(client, [...usual, { day: 1, interactions: 100, failures: 1, p95 }]);
        return (await client.query('select ai.find_insights() as told')).rows;
      };
      const insight = () =>
        one<Record<string, unknown>>(
          client,
          `select status, value::float, decided_at is not null as decided, reason, body like '%3000%' as is_told
             from ai.insights where organization_id = $1 and rule_key = 'latency_spike'`,
          [ours.organizationId],
        );
      await told(2000);
      expect(await insight()).toMatchObject({ status: 'open', value: 2000 });
      await told(500);
      expect(await insight()).toMatchObject({ status: 'dismissed', decided: true });
      expect(await told(3000)).toEqual([{ told: 1 }]);
      expect(await insight()).toEqual({
        status: 'open',
        value: 3000,
        decided: false,
        reason: null,
        is_told: true,
      });
      expect(await told(3000)).toEqual([{ told: 0 }]);
      // The same figures as when it was put away are reason enough.
      await told(500);
      expect(await told(3000)).toEqual([{ told: 1 }]);
      expect(await insight()).toMatchObject({ status: 'open' });
      await client.query(
        `update ai.insights set status = 'dismissed', decided_at = now(), decided_by = $2
          where organization_id = $1 and rule_key = 'latency_spike'`,
        [ours.organizationId, ours.member.userId],
      );
      expect(await told(4000)).toEqual([{ told: 0 }]);
      expect(await insight()).toMatchObject({ status: 'dismissed', value: 3000 });
    });
  });

  test('waits for enough days, enough interactions, and the end of a day', async () => {
    await within(async (client) => {
      await days(client, [...usual.slice(0, 3), { day: 1, interactions: 100, p95: 5000 }]);
      await client.query('select ai.find_insights()');
      expect(await insights(client)).toEqual([]);
      await days(client, [
        ...usual,
        { day: 1, interactions: 100 },
        { day: 0, interactions: 3, failures: 3, p95: 9000 },
      ]);
      await client.query('select ai.find_insights()');
      // Today has few so far: neither is that a drop, nor do three failures say much.
      expect(await insights(client)).toEqual([]);
      await days(client, [{ day: 1, interactions: 5 }]);
      await client.query('select ai.find_insights()');
      expect(await insights(client)).toMatchObject([{ rule_key: 'usage_drop', value: 5 }]);
    });
  });

  test('what somebody has decided stays decided', async () => {
    await actAs(database, ours.owner, async () => undefined);
    const client = await database.pool().connect();
    try {
      await days(client, [...usual, { day: 1, interactions: 100, failures: 40, p95: 500 }]);
      await client.query('select ai.find_insights()');
    } finally {
      client.release();
    }
    await as(database, ours.member, async (member) => {
      const { id } = await one<{ id: string }>(
        member,
        "select id from ai.insights where rule_key = 'error_rate_high'",
      );
      const call = (name: string, ...rest: unknown[]) =>
        one<{ status: string; reason: string | null; decided_by: string | null }>(
          member,
          `select (i).* from ai.${name}($1${rest.map((_r, i) => `, $${i + 2}`).join('')}) i`,
          [id, ...rest],
        );
      expect(await call('dismiss_insight', 'known')).toMatchObject({
        status: 'dismissed',
        reason: 'known',
        decided_by: ours.member.userId,
      });
      expect(await sqlstateOf(member, () => call('accept_insight'))).toBe('CB006');
      expect(await call('reopen_insight')).toMatchObject({ status: 'open', decided_by: null });
      expect(await sqlstateOf(member, () => call('reopen_insight'))).toBe('CB006');
      expect(await call('accept_insight')).toMatchObject({ status: 'accepted' });
      expect(
        await sqlstateOf(member, () => member.query("update ai.insights set status = 'open'")),
      ).toBe('42501');
    });
    await as(database, theirs.owner, async (stranger) => {
      expect(
        await sqlstateOf(stranger, () =>
          stranger.query('select ai.accept_insight($1)', [randomUUID()]),
        ),
      ).toBe('CB004');
    });
    await as(database, ours.guest, async (guest) => {
      expect(
        await sqlstateOf(guest, () => guest.query('select ai.accept_insight($1)', [randomUUID()])),
      ).toBe('CB003');
      expect((await guest.query('select from ai.insights')).rowCount).toBe(0);
    });
  });
});
