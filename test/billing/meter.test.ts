import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, makePlan, planOf, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'metered');
  other = await makeCast(database, 'beside');
});

const used = async (client: PoolClient, metric: string, organizationId = cast.organizationId) => {
  const { rows } = await client.query<{ used: string }>(
    'select used from billing.figures($1, $2)',
    [organizationId, metric],
  );
  return Number(rows[0]?.used);
};
const addProjects = (client: PoolClient, howMany: number, organizationId = cast.organizationId) =>
  client.query<{ id: string }>(
    `insert into projects.projects (organization_id, name)
     select $1, 'Project ' || n from generate_series(1, $2) n returning id`,
    [organizationId, howMany],
  );
const limited = async (client: PoolClient, limits: Record<string, number | null>) =>
  subscribe(client, cast.organizationId, await makePlan(client, 'tiny', limits));

describe('what is there when the organization is made', () => {
  test('counts: its members who are active, and its workspaces', async () => {
    await within(database, async (client) => {
      expect(await used(client, 'members')).toBe(4);
      expect(await used(client, 'workspaces')).toBe(2);
      expect(await used(client, 'projects')).toBe(0);
    });
  });
});

describe('a hard limit', () => {
  test('lets in what fits and refuses what does not, with the metric, the figures and a plan that allows it', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 3 });
      await addProjects(client, 2);
      expect(await refusal(client, () => addProjects(client, 2))).toEqual({
        code: 'CB025',
        field: '',
        message: 'The limit of projects is reached: 2 of 3 used.',
        facts: { metric: 'projects', limit: 3, used: 2, asked: 2 },
        hint: 'The plan Free allows 5.',
      });
      expect(await used(client, 'projects')).toBe(2);
      await addProjects(client, 1);
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
      expect(await used(client, 'projects')).toBe(3);
    });
  });

  test('holds for callers through the API, members and owners alike', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 1 });
      const add = (name: string) =>
        client.query('insert into projects.projects (name) values ($1)', [name]);
      await acting(client, cast.member, () => add('First'));
      for (const caller of [cast.member, cast.owner]) {
        expect(
          (await refusal(client, () => acting(client, caller, () => add('Second'))))?.code,
        ).toBe('CB025');
      }
      expect(await used(client, 'projects')).toBe(1);
    });
  });

  test('of 0 refuses the first', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 0 });
      expect(await refusal(client, () => addProjects(client, 1))).toMatchObject({
        code: 'CB025',
        facts: { limit: 0, used: 0 },
      });
      await addProjects(client, 0);
    });
  });

  test('of null, or without a row, lets everything in and counts it', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: null });
      await addProjects(client, 500);
      expect(await used(client, 'projects')).toBe(500);
      await client.query(
        `insert into collaboration.custom_fields (organization_id, entity_type, field_name, label, field_type)
         select $1, 'projects.projects', 'field_' || n, 'Field', 'text' from generate_series(1, 40) n`,
        [cast.organizationId],
      );
      expect(await used(client, 'custom_fields')).toBe(40);
    });
  });

  test('names the largest plan where none is large enough, and says when no plan is', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 3 });
      await client.query(
        `update billing.plan_limits l set limit_value = case p.key when 'studio' then 20 else 30 end
           from billing.subscription_plans p
          where p.id = l.plan_id and p.key in ('studio', 'company') and l.metric_key = 'projects'`,
      );
      const hintFor = async (howMany: number) =>
        (await refusal(client, () => addProjects(client, howMany)))?.hint;
      expect(await hintFor(25)).toBe('The plan Company allows 30.');
      expect(await hintFor(40)).toBe('The plan Enterprise has no such limit.');
      await client.query(
        "update billing.subscription_plans set retired_at = now() where key = 'enterprise'",
      );
      expect(await hintFor(40)).toBe('No plan allows more: free some first.');
    });
  });

  test("does not depend on another organization's rows", async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 2 });
      await addProjects(client, 2);
      await addProjects(client, 30, other.organizationId);
      expect(await used(client, 'projects')).toBe(2);
      expect(await used(client, 'projects', other.organizationId)).toBe(30);
    });
  });

  test('counts each organization of one statement apart', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 2 });
      await client.query(
        `insert into projects.projects (organization_id, name)
         select o, 'Both ' || n from unnest($1::uuid[]) o cross join generate_series(1, 2) n`,
        [[cast.organizationId, other.organizationId]],
      );
      expect(await used(client, 'projects')).toBe(2);
      expect(await used(client, 'projects', other.organizationId)).toBe(2);
    });
  });
});

describe('rows that go and come back', () => {
  test('archiving frees, restoring takes again, and is refused when the place is gone', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 2 });
      const { rows } = await addProjects(client, 2);
      const first = rows[0]?.id;
      await acting(client, cast.owner, async () => {
        await client.query('select projects.delete_project($1)', [first]);
      });
      expect(await used(client, 'projects')).toBe(1);
      await acting(client, cast.owner, async () => {
        await client.query('select projects.restore_project($1)', [first]);
        await client.query('select projects.delete_project($1)', [first]);
        await client.query("insert into projects.projects (name) values ('In its place')");
      });
      expect(
        await refusal(client, () =>
          acting(client, cast.owner, () =>
            client.query('select projects.restore_project($1)', [first]),
          ),
        ),
      ).toMatchObject({ code: 'CB025', facts: { metric: 'projects', used: 2, limit: 2 } });
      expect(await used(client, 'projects')).toBe(2);
    });
  });

  test('deleting for good frees, and deleting what was archived does not free twice', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 3 });
      const { rows } = await addProjects(client, 3);
      await client.query('delete from projects.projects where id = $1', [rows[0]?.id]);
      expect(await used(client, 'projects')).toBe(2);
      await client.query('update projects.projects set deleted_at = now() where id = $1', [
        rows[1]?.id,
      ]);
      await client.query('delete from projects.projects where id = $1', [rows[1]?.id]);
      expect(await used(client, 'projects')).toBe(1);
    });
  });

  test('changes that have nothing to do with it change nothing', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 1 });
      await addProjects(client, 1);
      await client.query("update projects.projects set name = name || '!', deleted_at = null");
      expect(await used(client, 'projects')).toBe(1);
    });
  });

  test('a member who leaves frees a seat, one who comes back takes one', async () => {
    await within(database, async (client) => {
      await limited(client, { members: 4 });
      const set = (status: string, who: string | undefined) =>
        client.query('update tenancy.organization_members set status = $1 where user_id = $2', [
          status,
          who,
        ]);
      expect(await refusal(client, () => set('active', cast.left.userId))).toMatchObject({
        code: 'CB025',
        facts: { metric: 'members', limit: 4, used: 4 },
      });
      await set('suspended', cast.guest.userId);
      await set('active', cast.left.userId);
      expect(await used(client, 'members')).toBe(4);
      expect((await refusal(client, () => set('active', cast.guest.userId)))?.code).toBe('CB025');
    });
  });
});

describe('above the limit, after a change to a smaller plan', () => {
  test('everything stays, freeing one does not make room, and below the limit there is room again', async () => {
    await within(database, async (client) => {
      const { rows } = await addProjects(client, 5);
      await limited(client, { projects: 3 });
      const archive = (index: number) =>
        client.query('update projects.projects set deleted_at = now() where id = $1', [
          rows[index]?.id,
        ]);
      await archive(0);
      expect(await used(client, 'projects')).toBe(4);
      expect(await refusal(client, () => addProjects(client, 1))).toMatchObject({
        facts: { used: 4, limit: 3 },
      });
      await archive(1);
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
      await archive(2);
      await addProjects(client, 1);
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
      expect(await used(client, 'projects')).toBe(3);
    });
  });

  test('a limit that the platform lowers or raises holds from the next row on', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 100 });
      await addProjects(client, 3);
      const set = (limit: number | null) =>
        client.query(
          `update billing.plan_limits l set limit_value = $1 from billing.subscription_plans p
            where p.id = l.plan_id and p.key = 'tiny'`,
          [limit],
        );
      await set(3);
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
      await set(4);
      await addProjects(client, 1);
      await set(null);
      await addProjects(client, 10);
      await client.query(
        'delete from billing.plan_limits l using billing.subscription_plans p where p.id = l.plan_id and p.key = $1',
        ['tiny'],
      );
      await addProjects(client, 10);
      expect(await used(client, 'projects')).toBe(24);
      await client.query(
        `insert into billing.plan_limits (plan_id, metric_key, limit_value)
         select id, 'projects', 24 from billing.subscription_plans where key = 'tiny'`,
      );
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
    });
  });
});

describe('billing.recount_usage', () => {
  test('puts a counter right that somebody has spoilt, of one organization or of all', async () => {
    await within(database, async (client) => {
      await addProjects(client, 7);
      await addProjects(client, 2, other.organizationId);
      const spoil = () =>
        client.query(
          "update billing.usage_counters set used = 99 where metric_key = 'projects' and part = 0",
        );
      await spoil();
      await client.query("select billing.recount_usage('projects', $1)", [cast.organizationId]);
      expect(await used(client, 'projects')).toBe(7);
      expect(await used(client, 'projects', other.organizationId)).toBe(99);
      await client.query("select billing.recount_usage('projects')");
      expect(await used(client, 'projects', other.organizationId)).toBe(2);
      await limited(client, { projects: 8 });
      await addProjects(client, 1);
      expect((await refusal(client, () => addProjects(client, 1)))?.code).toBe('CB025');
    });
  });

  test('is there when a table becomes metered that has rows already', async () => {
    await within(database, async (client) => {
      await client.query('set local role callboard_owner');
      await client.query(
        `create table projects.samples (like platform.tenant_row including all, size_bytes bigint);
         comment on table projects.samples is 'A sample.';
         call platform.protect('projects.samples', 'tenant')`,
      );
      const add = (sizes: readonly (number | null)[]) =>
        client.query(
          'insert into projects.samples (organization_id, size_bytes) select $1, unnest($2::bigint[])',
          [cast.organizationId, sizes],
        );
      await add([10, 20, null]);
      await client.query(
        "call billing.meter('projects.samples', 'storage_bytes', amount_column => 'size_bytes')",
      );
      expect(await used(client, 'storage_bytes')).toBe(30);
      await add([5]);
      await client.query(
        'update projects.samples set size_bytes = size_bytes + 1 where size_bytes is not null',
      );
      expect(await used(client, 'storage_bytes')).toBe(38);
      await client.query('update projects.samples set deleted_at = now() where size_bytes = 11');
      expect(await used(client, 'storage_bytes')).toBe(27);
      // Once more changes nothing.
      await client.query(
        "call billing.meter('projects.samples', 'storage_bytes', amount_column => 'size_bytes')",
      );
      expect(await used(client, 'storage_bytes')).toBe(27);
    });
  });

  test('a counter is no metric for rows', async () => {
    await within(database, async (client) => {
      expect(
        (
          await refusal(client, () =>
            client.query("call billing.meter('projects.projects', 'emails')"),
          )
        )?.message,
      ).toContain('emails is no gauge');
    });
  });
});

describe('the room of a counter', () => {
  const parts = async (client: PoolClient) =>
    (
      await client.query<{ part: number; used: string; room: string | null }>(
        `select part, used, room from billing.usage_counters
          where organization_id = $1 and metric_key = 'projects' and (used <> 0 or room is distinct from 0)
          order by part`,
        [cast.organizationId],
      )
    ).rows.map((row) => [row.part, Number(row.used), row.room === null ? null : Number(row.room)]);

  test('is never more than what is left of the limit', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 10 });
      await addProjects(client, 1);
      expect(await parts(client)).toEqual([[0, 1, 9]]);
      await client.query('update projects.projects set deleted_at = now()');
      // what is given back makes room only when somebody needs it
      expect(await parts(client)).toEqual([[0, 0, 9]]);
      await addProjects(client, 10);
      expect(await parts(client)).toEqual([[0, 10, 0]]);
    });
  });

  test('is without end where there is no limit, and spread before anybody needs it', async () => {
    await within(database, async (client) => {
      await limited(client, {});
      expect(await parts(client)).toEqual(Array.from({ length: 16 }, (_, part) => [part, 0, null]));
      await addProjects(client, 3);
      const small = await makePlan(client, 'small', { projects: 203 });
      await subscribe(client, cast.organizationId, small);
      expect(await parts(client)).toEqual([
        [0, 3, 68],
        [1, 0, 66],
        [2, 0, 66],
      ]);
    });
  });

  test('spread over parts, serves one that asks for more than a part has', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 1000 });
      await client.query(
        `insert into billing.usage_counters (organization_id, metric_key, period, part, room)
         select $1, 'projects', '-infinity', n, 10 from generate_series(0, 15) n
         on conflict on constraint usage_counters_pkey do update set room = 10`,
        [cast.organizationId],
      );
      await addProjects(client, 40);
      expect(await used(client, 'projects')).toBe(40);
      const room = (await parts(client)).reduce((sum, [, , each]) => sum + (each ?? 0), 0);
      expect(room).toBe(960);
      await addProjects(client, 960);
      expect(await refusal(client, () => addProjects(client, 1))).toMatchObject({
        facts: { used: 1000 },
      });
    });
  });
});

test('an organization that came without a subscription gets the default plan when the transaction ends', async () => {
  await within(database, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      "insert into tenancy.organizations (name, slug) values ('Bare', 'bare') returning id",
    );
    const id = rows[0]?.id ?? '';
    const plans = async () =>
      (
        await client.query<{ key: string }>(
          `select p.key from billing.subscriptions s join billing.subscription_plans p on p.id = s.plan_id
            where s.organization_id = $1 and s.ended_at is null`,
          [id],
        )
      ).rows;
    expect(await plans()).toEqual([]);
    await client.query('set constraints tenancy._600_ensure_subscription immediate');
    expect(await plans()).toEqual([{ key: 'free' }]);
  });
});

test('a sign-up is on the default plan, whose limits are real', async () => {
  await within(database, async (client) => {
    const { rows } = await client.query<{ organization_id: string }>(
      "select organization_id from identity.sign_up('limits@real.test', 'long enough to pass', 'Real', 'Real Limits')",
    );
    const organizationId = rows[0]?.organization_id ?? '';
    await addProjects(client, 5, organizationId);
    expect(await refusal(client, () => addProjects(client, 1, organizationId))).toMatchObject({
      code: 'CB025',
      hint: 'The plan Studio allows 100.',
    });
    expect(await planOf(client, 'free')).not.toBe('');
  });
});
