import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, type Cast, type RoleKey, undone } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { RowMaker } from '../helpers/rows.ts';
import { insert } from './searching.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const within = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => undone(database, work);

const documents = async (client: PoolClient, namespace = 'projects.projects') =>
  (
    await client.query<{ id: string; title: string; body: string; workspace_id: string | null }>(
      `select id, title, body, workspace_id from ai.search_documents
        where organization_id = $1 and namespace = $2 order by title`,
      [ours.organizationId, namespace],
    )
  ).rows;

/** What waits to be embedded, marks that have yet to be collected as well. */
const outbox = async (client: PoolClient) => {
  await client.query('select ai.collect_marks()');
  return (
    await client.query<{ document_id: string; attempts: number; claim: string | null }>(
      'select document_id, attempts, claim from ai.embedding_outbox where organization_id = $1',
      [ours.organizationId],
    )
  ).rows;
};

const project = (client: PoolClient, values: Record<string, unknown> = {}) =>
  insert(client, 'projects.projects', {
    organization_id: ours.organizationId,
    name: 'Harbour at night',
    ...values,
  });

describe('what is searched', () => {
  test('comes with its row, and waits to be embedded', async () => {
    await within(async (client) => {
      const id = await project(client, { description: 'Boats and fog.', tags: ['night', 'water'] });
      expect(await documents(client)).toEqual([
        {
          id,
          title: 'Harbour at night',
          body: 'night, water\nBoats and fog.\nother',
          workspace_id: null,
        },
      ]);
      expect((await outbox(client)).map((row) => row.document_id)).toEqual([id]);
      const jobs = await client.query("select from graphile_worker.jobs where key = 'embed_texts'");
      expect(jobs.rowCount).toBe(1);
    });
  });

  test('is marked anew when its text changes, and not when something else does', async () => {
    await within(async (client) => {
      const id = await project(client);
      await client.query('truncate ai.embedding_outbox, ai.embedding_marks');
      await client.query(
        "update projects.projects set priority = 'high', name = name where id = $1",
        [id],
      );
      expect(await outbox(client)).toEqual([]);
      await client.query("update projects.projects set name = 'Harbour by day' where id = $1", [
        id,
      ]);
      expect(await outbox(client)).toHaveLength(1);
      expect((await documents(client))[0]?.title).toBe('Harbour by day');
    });
  });

  test('moves to another workspace at once, its embeddings too, which need not be made again', async () => {
    await within(async (client) => {
      const id = await project(client);
      await client.query('select ai.embed_built_in()');
      await client.query('update projects.projects set workspace_id = $2 where id = $1', [
        id,
        ours.privateWorkspaceId,
      ]);
      expect((await documents(client))[0]?.workspace_id).toBe(ours.privateWorkspaceId);
      const { rows } = await client.query(
        'select workspace_id from ai.embeddings where document_id = $1',
        [id],
      );
      expect(rows).toEqual([{ workspace_id: ours.privateWorkspaceId }]);
      expect(await outbox(client)).toEqual([]);
    });
  });

  test('leaves with a row that is archived, comes back with it, and goes with one that is deleted', async () => {
    await within(async (client) => {
      const id = await project(client);
      const task = await insert(client, 'projects.project_tasks', {
        organization_id: ours.organizationId,
        project_id: id,
        title: 'Light the quay',
      });
      await client.query('select ai.embed_built_in()');
      await client.query('update projects.projects set deleted_at = now() where id = $1', [id]);
      expect(await documents(client)).toEqual([]);
      expect(await documents(client, 'projects.project_tasks')).toEqual([]);
      const left = await client.query('select from ai.embeddings where document_id = any ($1)', [
        [id, task],
      ]);
      expect(left.rowCount).toBe(0);
      await client.query('update projects.projects set deleted_at = null where id = $1', [id]);
      expect(await documents(client)).toHaveLength(1);
      expect(await documents(client, 'projects.project_tasks')).toHaveLength(1);
      await client.query('delete from projects.project_tasks where id = $1', [task]);
      expect(await documents(client, 'projects.project_tasks')).toEqual([]);
    });
  });

  test('is written for thousands of rows of one statement, of which one has no text', async () => {
    await within(async (client) => {
      const id = await project(client);
      await client.query(
        `insert into projects.project_tasks (organization_id, project_id, title)
         select $1, $2, 'Task ' || n from generate_series(1, 1200) n`,
        [ours.organizationId, id],
      );
      expect(await documents(client, 'projects.project_tasks')).toHaveLength(1200);
      await client.query(
        "update projects.project_tasks set title = title || '!' where project_id = $1",
        [id],
      );
      const changed = await documents(client, 'projects.project_tasks');
      expect(changed.filter(({ title }) => title.endsWith('!'))).toHaveLength(1200);
    });
  });

  test('is in the language of each organization, also where one statement writes for several', async () => {
    await within(async (client) => {
      await client.query(
        `insert into tenancy.organization_settings (organization_id, section, value) values ($1, 'general', '{"locale": "de"}')`,
        [theirs.organizationId],
      );
      await client.query(
        `insert into projects.projects (organization_id, name, slug)
         select o.id, 'Häuser running ' || n, 'both-' || n
           from unnest($1::uuid[]) as o (id) cross join generate_series(1, 2) n`,
        [[ours.organizationId, theirs.organizationId]],
      );
      const { rows } = await client.query(
        `select organization_id, language, search_vector @@ '''run''' as english, search_vector @@ '''haus''' as german
           from ai.search_documents where namespace = 'projects.projects' order by organization_id, title`,
      );
      expect(rows).toHaveLength(4);
      for (const { organization_id: organization, ...words } of rows) {
        expect(words).toEqual(
          organization === ours.organizationId
            ? { language: 'english', english: true, german: false }
            : { language: 'german', english: false, german: true },
        );
      }
    });
  });

  test('takes the place of what was there for a row of the same id, and has codes once', async () => {
    await within(async (client) => {
      const id = await project(client, { slug: 'quay' });
      await client.query('alter table projects.projects disable trigger _950_index_delete');
      await client.query('delete from projects.projects where id = $1', [id]);
      await project(client, { id, name: 'Another harbour', slug: 'pier' });
      const { rows } = await client.query(
        'select title, codes from ai.search_documents where organization_id = $1',
        [ours.organizationId],
      );
      expect(rows).toEqual([{ title: 'Another harbour', codes: ['pier'] }]);
      expect(await outbox(client)).toHaveLength(1);
    });
  });

  test('waits once for however many changes, and is told among what is pending', async () => {
    await within(async (client) => {
      const id = await project(client);
      for (const name of ['One', 'Two', 'Three']) {
        await client.query('update projects.projects set name = $2 where id = $1', [id, name]);
      }
      const pending = async () => {
        await enter(client, ours.owner);
        const { rows } = await client.query<{ pending: string }>(
          'select (ai.embedding_status()).pending',
        );
        await client.query('reset role');
        return Number(rows[0]?.pending);
      };
      expect(await pending()).toBe(1);
      expect(await outbox(client)).toHaveLength(1);
      expect(await pending()).toBe(1);
      // In the outbox and changed once more: still one text.
      await client.query("update projects.projects set name = 'Four' where id = $1", [id]);
      expect(await pending()).toBe(1);
    });
  });

  test('takes a table with the rows that it has, and one that is left out by its condition is not there', async () => {
    await within(async (client) => {
      await client.query('set local role callboard_owner');
      await client.query(
        `create table projects.boats (like platform.tenant_row including all, name text, is_secret boolean default false)`,
      );
      await client.query("call platform.protect('projects.boats', 'tenant')");
      await client.query(
        `insert into projects.boats (organization_id, name, is_secret)
         values ($1, 'Marie', false), ($1, 'Submarine', true), ($1, null, false)`,
        [ours.organizationId],
      );
      await client.query(
        "call ai.make_searchable('projects.boats', 'r.name', condition => 'not r.is_secret')",
      );
      const titles = async () =>
        (await documents(client, 'projects.boats')).map(({ title }) => title);
      expect(await titles()).toEqual(['Marie', '—']);
      await client.query(
        'update projects.boats set is_secret = not is_secret where name is not null',
      );
      expect(await titles()).toEqual(['Submarine', '—']);
      await client.query('truncate ai.embedding_outbox, ai.embedding_marks');
      await client.query(
        "call ai.make_searchable('projects.boats', 'r.name', condition => 'not r.is_secret')",
      );
      expect(await outbox(client)).toEqual([]);
      await client.query("call ai.make_searchable('projects.boats', 'upper(r.name)')");
      expect(await titles()).toEqual(['MARIE', 'SUBMARINE', '—']);
    });
  });

  test('is in the words of the language that the organization has set', async () => {
    await within(async (client) => {
      await project(client, { name: 'Die Häuser am Hafen' });
      const words = async () =>
        (
          await client.query<{ words: string }>(
            'select search_vector::text as words from ai.search_documents where organization_id = $1',
            [ours.organizationId],
          )
        ).rows[0]?.words;
      expect(await words()).not.toMatch(/'haus'/);
      await client.query(
        `insert into tenancy.organization_settings (organization_id, section, value) values ($1, 'general', '{"locale": "de-AT"}')`,
        [ours.organizationId],
      );
      const { rows } = await client.query<{ payload: { organization_id: string } }>(
        `select p.payload from graphile_worker.jobs j join graphile_worker._private_jobs p using (id)
          where j.task_identifier = 'reindex_search'`,
      );
      expect(rows[0]?.payload.organization_id).toBe(ours.organizationId);
      await client.query("select ai.reindex('projects.projects', $1)", [ours.organizationId]);
      expect(await words()).toMatch(/'haus'|'hau'/);
    });
  });

  test('is gone through anew for another language, and for no other change of the settings', async () => {
    await within(async (client) => {
      const asked = async (sql: string, ...values: unknown[]) => {
        await client.query(
          `delete from graphile_worker._private_jobs where key = 'reindex_search:' || $1::uuid`,
          [ours.organizationId],
        );
        await client.query(sql, [ours.organizationId, ...values]);
        const { rowCount } = await client.query(
          `select from graphile_worker.jobs where key = 'reindex_search:' || $1::uuid`,
          [ours.organizationId],
        );
        return rowCount;
      };
      const change =
        "update tenancy.organization_settings set value = $2 where organization_id = $1 and section = 'general'";
      const add =
        'insert into tenancy.organization_settings (organization_id, section, value) values ($1, $2, $3)';
      expect(await asked(add, 'workflows', {})).toBe(0);
      expect(await asked(add, 'general', { weekStartsOn: 7 })).toBe(0);
      expect(await asked(change, { locale: 'en-GB' })).toBe(0);
      expect(await asked(change, { locale: 'de-AT', weekStartsOn: 1 })).toBe(1);
      expect(await asked(change, { locale: 'de-DE', weekStartsOn: 7 })).toBe(0);
      expect(
        await asked('delete from tenancy.organization_settings where organization_id = $1'),
      ).toBe(1);
    });
  });

  test('is gone through anew by the role of the workers, whatever the table', async () => {
    await within(async (client) => {
      const id = await project(client);
      await client.query("update ai.search_documents set title = 'old' where id = $1", [id]);
      await client.query('set local role callboard_service');
      await client.query('select ai.reindex(namespace, $1) from ai.searchable_tables', [
        ours.organizationId,
      ]);
      expect(await documents(client)).toMatchObject([{ id, title: 'Harbour at night' }]);
    });
  });
});

onServer('rows that change while they are gone through', () => {
  const reindex = async () => {
    // Who holds a row for long is not waited for; the job is tried again.
    for (;;) {
      try {
        await database
          .pool('callboard_service')
          .query("select ai.reindex('projects.projects', $1, at_most => 500)", [
            ours.organizationId,
          ]);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== '55P03') throw error;
      }
    }
  };
  const reindexWaits = async () => {
    for (;;) {
      const { rowCount } = await database.pool().query(
        `select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like 'select ai.reindex%'`,
      );
      if (rowCount) return;
    }
  };
  let ids: string[];

  beforeEach(async () => {
    const client = await database.pool().connect();
    try {
      ids = [await project(client, { slug: 'first' }), await project(client, { slug: 'second' })];
      ids.sort();
    } finally {
      client.release();
    }
  });
  afterEach(async () => {
    await database.pool().query('delete from projects.projects where id = any ($1)', [ids]);
  });

  test('are found as they are afterwards: archived, in another workspace, with another text', async () => {
    const writer = await database.pool().connect();
    try {
      await writer.query('begin');
      await writer.query('update projects.projects set deleted_at = now() where id = $1', [ids[0]]);
      await writer.query(
        "update projects.projects set name = 'Harbour by day', workspace_id = $2 where id = $1",
        [ids[1], ours.privateWorkspaceId],
      );
      const reindexed = reindex();
      await reindexWaits();
      await writer.query('commit');
      await reindexed;
      expect(await documents(writer)).toMatchObject([
        { id: ids[1], title: 'Harbour by day', workspace_id: ours.privateWorkspaceId },
      ]);
    } finally {
      writer.release();
    }
  });

  test('are changed in any order: whoever changes them never fails for it', async () => {
    const writer = await database.pool().connect();
    try {
      await writer.query('begin');
      await writer.query("update projects.projects set name = 'Later' where id = $1", [ids[1]]);
      const reindexed = reindex();
      await reindexWaits();
      // The other way round: the job has the first and waits for the second.
      await writer.query("update projects.projects set name = 'Earlier' where id = $1", [ids[0]]);
      await writer.query('commit');
      await reindexed;
      expect((await documents(writer)).map(({ title }) => title)).toEqual(['Earlier', 'Later']);
    } finally {
      await writer.query('rollback');
      writer.release();
    }
  });
});

describe('what the search shows is what the tables show', () => {
  const ROLES: readonly RoleKey[] = ['owner', 'admin', 'member', 'guest'];
  const maker = new RowMaker();
  let tables: string[];

  beforeAll(async () => {
    const client = await database.pool().connect();
    try {
      const { rows } = await client.query<{ name: string }>(
        'select table_id::text as name from ai.searchable_tables order by 1',
      );
      tables = rows.map(({ name }) => name);
      for (const cast of [ours, theirs]) {
        for (const table of tables) {
          for (const workspaceId of [null, cast.workspaceId, cast.privateWorkspaceId]) {
            await maker.insert(client, table, {
              organizationId: cast.organizationId,
              workspaceId,
              userId: cast.owner.userId ?? '',
            });
          }
        }
      }
      await client.query('select ai.embed_built_in(5000)');
    } finally {
      client.release();
    }
  });

  test('there is something of every table, for its owner, in both organizations', async () => {
    expect(tables.length).toBeGreaterThan(12);
    const { rows } = await database.pool().query<{ organizations: number }>(
      `select count(distinct d.organization_id)::int as organizations
         from ai.searchable_tables s left join ai.search_documents d on d.namespace = s.namespace
        group by s.namespace`,
    );
    expect(rows.map(({ organizations }) => organizations)).toEqual(tables.map(() => 2));
  });

  test.each(ROLES)('for the %s: documents, embeddings and finds', async (role) => {
    await as(database, ours[role], async (client) => {
      for (const table of tables) {
        const ids = async (sql: string) =>
          (await client.query<{ id: string }>(sql)).rows.map(({ id }) => id);
        // Tables that others add have conditions of their own; those are made from what may be read here.
        const shown = await ids(`select id from ${table} where deleted_at is null order by id`);
        const searched = await ids(
          `select id from ai.search_documents where namespace = '${table}' order by id`,
        );
        const embedded = await ids(
          `select document_id as id from ai.embeddings where namespace = '${table}' order by 1`,
        );
        const nearest = await ids(
          `select n.document_id as id
             from ai.embedding_models m
            cross join lateral ai.nearest_documents(ai.embed_text('Sample', m.dimension), m, array['${table}'], 100) n
            where m.status = 'active' order by 1`,
        );
        expect({ table, searched, embedded, nearest }).toEqual({
          table,
          searched: shown,
          embedded: shown,
          nearest: shown,
        });
      }
      const titles = await client.query<{ title: string; namespace: string; id: string }>(
        "select namespace, id, title from ai.search_documents where namespace ~ '\\.'",
      );
      const first = titles.rows[0];
      if (!first) return;
      const found = await client.query<{ namespace: string; id: string }>(
        'select namespace, id from ai.hybrid_search($1, count => 500) union select namespace, id from ai.global_search($1, null, 500)',
        [first.title],
      );
      const visible = new Set(titles.rows.map(({ namespace, id }) => `${namespace} ${id}`));
      expect(found.rows.length).toBeGreaterThan(0);
      expect(
        found.rows.filter(
          ({ namespace, id }) => namespace.includes('.') && !visible.has(`${namespace} ${id}`),
        ),
      ).toEqual([]);
    });
  });

  test('a guest sees something, and the owner sees more', async () => {
    const seen = (role: RoleKey) =>
      as(database, ours[role], async (client) => {
        const { rows } = await client.query<{ seen: number }>(
          'select count(*)::int as seen from ai.search_documents',
        );
        return rows[0]?.seen ?? 0;
      });
    const [owner, guest] = [await seen('owner'), await seen('guest')];
    expect(guest).toBeGreaterThan(0);
    expect(owner).toBeGreaterThan(guest);
  });

  test('nobody who has left, or is not signed in, sees anything, and nobody writes', async () => {
    for (const caller of [ours.left, { organizationId: ours.organizationId }]) {
      await as(database, caller, async (client) => {
        await client.query('savepoint attempt');
        const outcome = await client.query('select from ai.search_documents').then(
          ({ rowCount }) => rowCount,
          (error: { code: string }) => error.code,
        );
        expect([0, '42501']).toContain(outcome);
      });
    }
    await as(database, ours.owner, async (client) => {
      for (const sql of [
        "update ai.search_documents set title = 'x'",
        'delete from ai.embeddings',
        "insert into ai.embedding_outbox (organization_id, namespace, document_id, model_id) values (null, 'x', null, 1)",
        "select ai.index_rows('x', 'ai.read', null, null)",
        "select ai.use_embedding_model('built_in', 'x', 100)",
      ]) {
        await client.query('savepoint attempt');
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
        await client.query('rollback to savepoint attempt');
      }
    });
  });
});
