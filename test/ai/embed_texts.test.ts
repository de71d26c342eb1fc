import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { embeddingsOf } from '../../server/settings/embeddings.ts';
import { EmbeddingEndpoint } from '../../server/embeddings/endpoint.ts';
import { BuiltIn } from '../../worker/embeddings/built-in.ts';
import { embedRound, pauseAfter, type Model } from '../../worker/embeddings/embed.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { answering, embeddingOf, EmbeddingServer, json } from '../helpers/embedding-endpoint.ts';
import { LogLines } from '../helpers/log-lines.ts';
import { hybridSearch, insert } from './searching.ts';

const database = testDatabase();
const server = new EmbeddingServer();
const KEY = 'sk-never-to-be-seen';
const lines = new LogLines();
let ours: Cast;
let url: string;
let worker: RunningWorker | undefined;
let model: Model;

const pool = () => database.pool();
const query = async <T extends object>(sql: string, values: unknown[] = []) =>
  (await pool().query<T>(sql, values)).rows;
const endpoint = () =>
  new EmbeddingEndpoint({ url, key: KEY, batch: 8, requestsPerMinute: 0, timeoutMs: 300 });
const round = () => embedRound(database.pool('callboard_service'), endpoint(), model);

async function task(title: string, description?: string): Promise<string> {
  const client = await pool().connect();
  try {
    return await insert(client, 'projects.project_tasks', {
      organization_id: ours.organizationId,
      project_id: projectId,
      title,
      description,
    });
  } finally {
    client.release();
  }
}
let projectId: string;

type Waiting = {
  document_id: string;
  attempts: number;
  reason: string | null;
  failed: boolean;
  waits: number;
};
const waiting = () =>
  query<Waiting>(
    `select document_id, attempts, reason, failed_at is not null as failed,
            round(extract(epoch from due_at - now()))::float as waits
       from ai.embedding_outbox where model_id = $1 order by document_id`,
    [model.id],
  );
/** Puts some texts into the outbox of a model that builds; how many it looked at. */
const fill = async (atMost: number) => {
  const [row] = await query<{ n: number }>('select ai.fill_outbox($1, $2) as n', [
    model.id,
    atMost,
  ]);
  return row?.n;
};
/** Texts of the organization that its people are told wait. */
const pending = () =>
  as(database, ours.member, async (client) => {
    const { rows } = await client.query<{ n: number }>(
      'select (ai.embedding_status()).pending::int as n',
    );
    return rows[0]!.n;
  });
const embeddings = (id: string) =>
  query<{ chunk: number; starts_at: number; characters: number; embedding: string }>(
    `select chunk, starts_at, characters, embedding::text from ai.embeddings
      where document_id = $1 and model_id = $2 order by chunk`,
    [id, model.id],
  );

beforeAll(async () => {
  url = await server.listen();
  ours = await makeCast(database, 'ours');
  const client = await pool().connect();
  try {
    projectId = await insert(client, 'projects.projects', {
      organization_id: ours.organizationId,
      name: 'Harbour',
    });
  } finally {
    client.release();
  }
  await query('select ai.embed_built_in()');
  // Nothing is there to be embedded anew but the project.
  const [made] = await query<{ id: number }>(
    "select ai.use_embedding_model('endpoint', 'letters', 16, 200, 40) as id",
  );
  model = { id: made!.id, provider: 'endpoint', model: 'letters', dimension: 16 };
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  server.forget();
});
afterAll(() => server.close());

describe('a model that is building', () => {
  test('takes over from nobody while there are texts that it has not seen', async () => {
    expect(await query('select from ai.embedding_outbox')).toEqual([]);
    expect(await query('select ai.activate_embedding_model() as done')).toEqual([{ done: false }]);
  });

  test('takes over from nobody when all has failed', async () => {
    expect(await fill(10)).toBe(1);
    const failed = await query(
      'update ai.embedding_outbox set failed_at = now() where model_id = $1 returning 1',
      [model.id],
    );
    expect(failed).toHaveLength(1);
    expect(await query('select ai.activate_embedding_model() as done')).toEqual([{ done: false }]);
    await query('update ai.embedding_outbox set failed_at = null where model_id = $1', [model.id]);
  });

  test('takes over when it has embedded everything, and not before', async () => {
    const statuses = async () =>
      (await query<{ status: string }>('select status from ai.embedding_models order by id')).map(
        ({ status }) => status,
      );
    expect(await statuses()).toEqual(['active', 'building']);
    expect(await query('select ai.activate_embedding_model() as done')).toEqual([{ done: false }]);
    // What changes meanwhile is embedded by both.
    const id = await task('Paint the boat');
    await query('select ai.collect_marks()');
    expect(
      (await query('select model_id from ai.embedding_outbox where document_id = $1', [id])).length,
    ).toBe(2);
    expect(await round()).toEqual({ taken: 2, stored: 2 });
    expect(await query('select ai.activate_embedding_model() as done')).toEqual([{ done: true }]);
    expect(await statuses()).toEqual(['retired', 'active']);
    // The former one's embeddings go when no search can be using them any more.
    expect(await query('select ai.drop_retired_embeddings() as dropped')).toEqual([{ dropped: 0 }]);
    await query(
      "update ai.embedding_models set retired_at = now() - interval '1 hour' where status = 'retired'",
    );
    expect(await query('select ai.drop_retired_embeddings() as dropped')).toEqual([{ dropped: 1 }]);
    const places = await query<{ tables: string; queries: string }>(
      `select (select count(*) from pg_inherits where inhparent = 'ai.embeddings'::regclass) as tables,
              (select count(*) from pg_proc where proname like 'nearest\\_in\\_%') as queries`,
    );
    expect(places).toEqual([{ tables: '1', queries: '1' }]);
    expect(await query('select from ai.embedding_outbox where model_id <> $1', [model.id])).toEqual(
      [],
    );
  });

  test('compares searches with itself alone, once it is active', async () => {
    const found = await as(database, ours.owner, (client) =>
      hybridSearch(client, [embeddingOf('paint the boat', 16)], 'null, $1'),
    );
    expect(found[0]?.title).toBe('Paint the boat');
    await as(database, ours.owner, async (client) => {
      await expect(
        hybridSearch(client, [Array.from({ length: 768 }, () => 1)], 'null, $1'),
      ).rejects.toMatchObject({ code: 'CB070', column: 'query_embedding' });
    });
    // Words still find, without an embedding of the query.
    const words = await as(database, ours.owner, (client) => hybridSearch(client, ['boat']));
    expect(words[0]).toMatchObject({ title: 'Paint the boat', matched_by: 'words' });
  });
});

describe('a round', () => {
  test('stores what it gets, in parts of a long text that begin with its title', async () => {
    const id = await task('Log', 'The sea was calm today. '.repeat(40));
    expect(await round()).toEqual({ taken: 1, stored: 1 });
    const parts = await embeddings(id);
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.map(({ chunk }) => chunk)).toEqual(parts.map((_part, index) => index));
    expect(
      server.asked.flatMap(({ input }) => input).every((text) => text.startsWith('Log\nThe sea')),
    ).toBe(true);
    expect(await waiting()).toEqual([]);
    const sizes = await query<{ chunks: string }>(
      "select chunks from ai.search_sizes where namespace = 'projects.project_tasks' and model_id = $1",
      [model.id],
    );
    const [counted] = await query<{ count: string }>(
      "select count(*) from ai.embeddings where namespace = 'projects.project_tasks' and model_id = $1",
      [model.id],
    );
    expect(sizes[0]?.chunks).toBe(counted?.count);
  });

  test('lets only the bad one of many fail, with its reason, for good', async () => {
    const good = await task('good');
    const bad = await task('bad text');
    server.always = (asked, response, request) =>
      asked.input.some((text) => text.includes('bad'))
        ? json(400, { error: { message: `too long, says ${KEY}` } })(asked, response, request)
        : false;
    expect(await round()).toMatchObject({ taken: 2, stored: 1 });
    expect(await embeddings(good)).toHaveLength(1);
    expect(await waiting()).toMatchObject([
      { document_id: bad, failed: true, reason: '400 too long, says [key]' },
    ]);
    expect((await round()).taken).toBe(0);
    const status = await as(database, ours.owner, (client) =>
      client.query<{ failed: string; failures: string }>(
        'select failed, failures::text from ai.embedding_status()',
      ),
    );
    expect(status.rows[0]).toMatchObject({ failed: '1' });
    expect(status.rows[0]?.failures).toContain('bad text');
    server.always = undefined;
    // Another text, and it is tried again.
    await query("update projects.project_tasks set title = 'better' where id = $1", [bad]);
    expect(await round()).toMatchObject({ taken: 1, stored: 1 });
    expect(await embeddings(bad)).toHaveLength(1);
  });

  test('stores numbers of any size as directions', async () => {
    const id = await task('loud');
    server.always = answering(16, (items) =>
      items.map((item) => ({ ...item, embedding: [1e30, 1e30, ...Array(14).fill(0)] as number[] })),
    );
    expect(await round()).toMatchObject({ taken: 1, stored: 1 });
    const [stored] = await embeddings(id);
    expect((JSON.parse(stored!.embedding) as number[])[0]).toBeCloseTo(Math.SQRT1_2, 3);
  });

  test('stores what it has been given before the endpoint stops working', async () => {
    const first = await task('first');
    const long = await task('long', 'All hands on deck before the tide turns. '.repeat(20));
    server.misbehaviours = [answering(16), json(503, 'down'), json(503, 'down'), json(503, 'down')];
    expect(await round()).toMatchObject({ taken: 2, stored: 1 });
    expect(await embeddings(first)).toHaveLength(1);
    expect(await waiting()).toMatchObject([{ document_id: long, failed: false }]);
    await query("update ai.embedding_outbox set due_at = '-infinity'");
    expect(await round()).toMatchObject({ stored: 1 });
  });

  test('leaves everything for later while the endpoint does not work, and gives nothing up for that', async () => {
    const id = await task('patient');
    server.always = json(429, { error: { message: 'slow down' } }, { 'retry-after': '0' });
    const refused = await round();
    expect(refused).toMatchObject({ taken: 1, stored: 0 });
    expect(refused.unavailable).toMatch(/429/);
    expect(await waiting()).toMatchObject([{ document_id: id, failed: false, attempts: 1 }]);
    server.always = json(503, 'down');
    await query('update ai.embedding_outbox set due_at = now(), attempts = 30');
    await round();
    const [after] = await waiting();
    expect(after).toMatchObject({ failed: false });
    expect(after?.waits).toBeGreaterThan(3000);
    server.always = undefined;
    await query("update ai.embedding_outbox set due_at = '-infinity'");
    expect(await round()).toMatchObject({ stored: 1 });
  });

  test('gives up a text that is left out again and again', async () => {
    await task('ignored');
    server.always = answering(16, () => []);
    await round();
    const [first] = await waiting();
    expect(first).toMatchObject({
      failed: false,
      reason: 'The endpoint gave no embedding for it.',
    });
    expect(first?.waits).toBeGreaterThan(pauseAfter(1) - 10);
    await query('update ai.embedding_outbox set due_at = now(), attempts = 7');
    await round();
    expect(await waiting()).toMatchObject([{ failed: true }]);
    server.always = undefined;
    await as(database, ours.owner, async (client) => {
      const { rows } = await client.query('select ai.retry_embeddings() as retried');
      expect(rows).toEqual([{ retried: 1 }]);
    });
    await query('update ai.embedding_outbox set failed_at = null, attempts = 0, due_at = now()');
    expect(await round()).toMatchObject({ stored: 1 });
  });

  test('of a worker that died is taken over when its claim is over', async () => {
    await task('orphan');
    const claim = () => query('select document_id from ai.claim_texts($1, 10, 60)', [model.id]);
    expect(await claim()).toHaveLength(1);
    expect(await claim()).toHaveLength(0);
    await query("update ai.embedding_outbox set due_at = now() - interval '1 second'");
    expect(await round()).toMatchObject({ stored: 1 });
  });

  test('does not let an older embedding win: the text changed while it was embedded', async () => {
    const id = await task('old');
    server.misbehaviours = [
      async () => {
        await query("update projects.project_tasks set title = 'new' where id = $1", [id]);
        return false;
      },
    ];
    expect(await round()).toEqual({ taken: 1, stored: 0 });
    expect(await embeddings(id)).toEqual([]);
    expect(await round()).toEqual({ taken: 1, stored: 1 });
    expect(server.asked.map(({ input }) => input)).toEqual([['old'], ['new']]);
  });

  test('brings nothing back that was archived while it was embedded', async () => {
    const id = await task('gone soon');
    server.misbehaviours = [
      async () => {
        await query('update projects.project_tasks set deleted_at = now() where id = $1', [id]);
        return false;
      },
    ];
    expect(await round()).toEqual({ taken: 1, stored: 0 });
    expect(await embeddings(id)).toEqual([]);
    expect(await waiting()).toEqual([]);
  });

  test('that comes after somebody else has taken over is left out', async () => {
    const id = await task('twice');
    server.misbehaviours = [
      async () => {
        // The claim is over, and the other one is done before this one.
        await query("update ai.embedding_outbox set due_at = '-infinity' where document_id = $1", [
          id,
        ]);
        await round();
        return false;
      },
    ];
    expect(await round()).toEqual({ taken: 1, stored: 0 });
    expect(await embeddings(id)).toHaveLength(1);
  });
});

describe('who is told to stop', () => {
  test('gives back what is left, so that it is taken at once the next time', async () => {
    const ids = [await task('first'), await task('second')];
    const stop = new AbortController();
    const stopping = {
      embed: () => {
        stop.abort();
        return Promise.reject(new Error('broken off'));
      },
    };
    const service = database.pool('callboard_service');
    await expect(embedRound(service, stopping, model, { signal: stop.signal })).rejects.toThrow(
      'broken off',
    );
    expect(await round()).toEqual({ taken: 2, stored: 2 });
    for (const id of ids) expect(await embeddings(id)).toHaveLength(1);
  });
});

describe('the built-in provider', () => {
  test('is asked for a little at a time, and can be stopped in between', async () => {
    const stop = new AbortController();
    const asked: (readonly string[])[] = [];
    const counting = {
      query: (text: string, values: [string[], number]) => {
        asked.push(values[0]);
        if (asked.length === 4) stop.abort();
        return pool().query(text, values);
      },
    } as unknown as Pick<Pool, 'query'>;
    const builtIn = new BuiltIn(counting, 'embedded', stop.signal);
    const long = 'Long texts come alone. '.repeat(100);
    const texts = ['one', '…', 'three', 'four', long, 'five'];
    const embedded = await builtIn.embed(texts, { dimension: 64 });
    expect(asked).toEqual([['one', '…', 'three'], ['four'], [long], ['five']]);
    const expected = await query<{ embedding: number[] | null }>(
      'select ai.embed_text(t, 64)::real[] as embedding from unnest($1::text[]) t',
      [texts],
    );
    expect(embedded).toEqual(expected.map(({ embedding }) => embedding));
    expect(embedded.map((numbers) => numbers?.length)).toEqual([64, undefined, 64, 64, 64, 64]);
    await expect(builtIn.embed(['more'], { dimension: 64 })).rejects.toThrow();
  });
});

describe('the task', () => {
  const run = async (settings: Record<string, string>) => {
    await query("delete from graphile_worker._private_jobs where key = 'embed_texts'");
    await query("select graphile_worker.add_job('embed_texts', job_key => 'embed_texts')");
    worker = await runWorker(database, { embeddings: embeddingsOf(settings), log: lines.log });
    const left = () =>
      query("select from graphile_worker.jobs where task_identifier = 'embed_texts'");
    while ((await left()).length > 0) await pause(50);
    await worker.stop();
    worker = undefined;
  };

  test('embeds by the endpoint of the settings, and its key is nowhere', async () => {
    const id = await task('by the task');
    await run({
      EMBEDDING_URL: url,
      EMBEDDING_API_KEY: KEY,
      EMBEDDING_MODEL: 'letters',
      EMBEDDING_DIMENSION: '16',
      EMBEDDING_CHUNK_CHARACTERS: '320',
    });
    const models = await query<{ status: string; chunk_characters: number }>(
      "select status, chunk_characters from ai.embedding_models where status = 'active'",
    );
    expect(models).toEqual([{ status: 'active', chunk_characters: 320 }]);
    const [active] = await query<{ id: number }>(
      "select id from ai.embedding_models where status = 'active'",
    );
    model = { ...model, id: active!.id };
    expect(await embeddings(id)).toHaveLength(1);
    expect(server.asked[0]?.authorization).toBe(`Bearer ${KEY}`);
    const tables = await query<{ name: string }>(
      "select table_id::text as name from platform.protected_tables where module = 'ai'",
    );
    for (const { name } of tables) {
      expect(await query(`select from ${name} t where t::text like $1`, [`%${KEY}%`])).toEqual([]);
    }
    expect(JSON.stringify(lines.lines)).not.toContain(KEY);
  });

  test('takes one place of a worker, however slow the endpoint is', async () => {
    const answer = Promise.withResolvers<void>();
    server.always = async () => {
      await answer.promise;
      return false;
    };
    const settings = {
      EMBEDDING_URL: url,
      EMBEDDING_MODEL: 'letters',
      EMBEDDING_DIMENSION: '16',
      EMBEDDING_CHUNK_CHARACTERS: '320',
    };
    const jobs = () =>
      query("select from graphile_worker.jobs where task_identifier = 'embed_texts'");
    await query("delete from graphile_worker._private_jobs where key = 'embed_texts'");
    worker = await runWorker(database, { embeddings: embeddingsOf(settings), log: lines.log });
    const ids: string[] = [];
    for (let number = 1; number <= 5; number += 1) {
      ids.push(await task(`slow ${number}`));
      await query('select ai.collect_marks()');
      await query("select graphile_worker.add_job('embed_texts')");
      while (server.asked.length === 0) await pause(20);
    }
    // All but the one that waits for the endpoint are done.
    while ((await jobs()).length > 1) await pause(20);
    expect(server.asked).toHaveLength(1);
    server.always = undefined;
    answer.resolve();
    while ((await jobs()).length > 0) await pause(20);
    for (const id of ids) expect(await embeddings(id)).toHaveLength(1);
  });

  test('goes back to the built-in provider where no endpoint is set', async () => {
    await run({});
    const models = await query<{ provider: string; model: string }>(
      "select provider, model from ai.embedding_models where status = 'active'",
    );
    expect(models).toEqual([{ provider: 'built_in', model: 'hashed-words-1' }]);
    const found = await as(database, ours.owner, (client) =>
      hybridSearch(client, ['boat painting']),
    );
    expect(found[0]).toMatchObject({ title: 'Paint the boat', matched_by: 'both' });
  });
});

onServer('embedders at the same time', () => {
  test('share an outbox: each text is embedded once', async () => {
    const [active] = await query<{ id: number }>(
      "select ai.use_embedding_model('endpoint', 'shared', 16, 1000, 100) as id",
    );
    model = { id: active!.id, provider: 'endpoint', model: 'shared', dimension: 16 };
    await query(
      `insert into projects.project_tasks (organization_id, project_id, title)
       select $1, $2, 'Shared ' || n from generate_series(1, 300) n`,
      [ours.organizationId, projectId],
    );
    const embedder = async () => {
      let stored = 0;
      for (;;) {
        const done = await round();
        if (done.taken === 0) return stored;
        stored += done.stored;
      }
    };
    while ((await fill(1000)) !== 0);
    await query('select ai.collect_marks()');
    const [total] = await query<{ count: string }>(
      'select count(*) from ai.embedding_outbox where model_id = $1',
      [model.id],
    );
    const stored = await Promise.all([embedder(), embedder(), embedder()]);
    expect(stored.reduce((sum, each) => sum + each, 0)).toBe(Number(total?.count));
    expect(server.asked.flatMap(({ input }) => input)).toHaveLength(Number(total?.count));
    expect(await waiting()).toEqual([]);
  });

  test('and people who change texts meanwhile: in the end every embedding is of the last text', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_row, index) => task(`Version 0 of ${index}`)),
    );
    let changing = true;
    const change = async () => {
      for (let version = 1; version <= 10; version += 1) {
        await query(
          "update projects.project_tasks set title = 'Version ' || $2 || ' of ' || position where id = any ($1)",
          [ids, String(version)],
        );
      }
      changing = false;
    };
    const embed = async () => {
      do await round();
      while (changing);
    };
    await Promise.all([change(), embed(), embed()]);
    await query("update ai.embedding_outbox set due_at = '-infinity'");
    while ((await round()).taken > 0);
    expect(await waiting()).toEqual([]);
    for (const id of ids) {
      const [row] = await query<{ title: string }>(
        'select title from projects.project_tasks where id = $1',
        [id],
      );
      const [part] = await embeddings(id);
      const expected = embeddingOf(row!.title, 16);
      const length = Math.hypot(...expected);
      const numbers = JSON.parse(part!.embedding) as number[];
      numbers.forEach((number, index) =>
        expect(number).toBeCloseTo((expected[index] ?? 0) / length, 2),
      );
    }
  });

  test('and a text that is being deleted: it waits until that is decided, and nobody waits for it', async () => {
    const [going, staying] = [await task('Going'), await task('Staying')];
    const [first, second] = [await pool().connect(), await pool().connect()];
    const queued = async () =>
      (
        await query<{ document_id: string }>(
          'select document_id from ai.embedding_outbox where model_id = $1 and document_id = any ($2)',
          [model.id, [going, staying]],
        )
      ).map((row) => row.document_id);
    try {
      for (const client of [first, second])
        await client.query("begin; set local statement_timeout = '5s'");
      await first.query('delete from projects.project_tasks where id = $1', [going]);
      await second.query('delete from projects.project_tasks where id = $1', [staying]);
      await query('select ai.collect_marks()');
      expect(await queued()).toEqual([]);
      expect((await query('select from ai.embedding_marks')).length).toBe(2);
      await first.query('commit');
      await second.query('rollback');
      await query('select ai.collect_marks()');
      expect(await queued()).toEqual([staying]);
      expect(await query('select from ai.embedding_marks')).toEqual([]);
    } finally {
      first.release();
      second.release();
    }
    while ((await round()).taken > 0);
  });

  test('and a model that begins while somebody writes: it embeds that text as well', async () => {
    // It has a place already; to make one waits for those who write.
    await query("select ai.use_embedding_model('endpoint', 'in between', 16, 1000, 100)");
    const writer = await pool().connect();
    try {
      await writer.query('begin');
      const id = await insert(writer, 'projects.project_tasks', {
        organization_id: ours.organizationId,
        project_id: projectId,
        title: 'Between two models',
      });
      const again = await query<{ id: number }>(
        "select ai.use_embedding_model('endpoint', 'shared', 16, 1000, 100) as id",
      );
      expect(again).toEqual([{ id: model.id }]);
      await writer.query('commit');
      while ((await round()).taken > 0);
      expect(await embeddings(id)).toHaveLength(1);
    } finally {
      writer.release();
    }
  });

  test('and a model that begins while there are many texts: it has all of them in the end, each once', async () => {
    const [begun] = await query<{ id: number }>(
      "select ai.use_embedding_model('endpoint', 'pages', 16, 1000, 100) as id",
    );
    model = { id: begun!.id, provider: 'endpoint', model: 'pages', dimension: 16 };
    expect(await query('select from ai.embedding_outbox where model_id = $1', [model.id])).toEqual(
      [],
    );
    const toBeDone = await pending();
    expect(toBeDone).toBeGreaterThanOrEqual(300);
    expect(await fill(100)).toBe(100);
    expect(await pending()).toBe(toBeDone);
    // Some are written, changed and deleted while the outbox is filled, by two at once.
    const ids = await query<{ id: string }>(
      'select id from projects.project_tasks where organization_id = $1 order by id',
      [ours.organizationId],
    );
    const [first, last] = [ids[0]!.id, ids.at(-1)!.id];
    const going = await pool().connect();
    const filling = await pool().connect();
    try {
      await going.query('begin');
      await going.query('delete from projects.project_tasks where id = $1', [last]);
      await query("update projects.project_tasks set title = 'Changed ' || title where id = $1", [
        first,
      ]);
      await filling.query('begin');
      await filling.query('select ai.fill_outbox($1, 50)', [model.id]);
      expect(await fill(50)).toBe(0);
      await filling.query('commit');
      const written = await task('Written while the outbox is filled');
      for (let looked = 1; looked > 0;) looked = (await fill(100)) ?? 0;
      expect(await query('select from ai.embedding_fills')).toEqual([]);
      await going.query('rollback');
      server.forget();
      while ((await round()).taken > 0);
      expect(
        await query(
          `select title from ai.search_documents d
            where not exists (select from ai.embeddings e where e.model_id = $1 and e.document_id = d.id)`,
          [model.id],
        ),
      ).toEqual([]);
      const texts = server.asked.flatMap(({ input }) => input);
      expect(texts.filter((text) => text.startsWith('Written while'))).toHaveLength(1);
      expect(await embeddings(written)).toHaveLength(1);
      const [documents] = await query<{ n: number }>(
        'select count(*)::int as n from ai.search_documents',
      );
      expect(texts).toHaveLength(documents!.n);
      expect(await query('select ai.activate_embedding_model() as done')).toEqual([{ done: true }]);
    } finally {
      going.release();
      filling.release();
    }
  });

  test('writers of the same organization do not wait for each other to wake the embedder', async () => {
    const [first, second] = [await pool().connect(), await pool().connect()];
    try {
      for (const client of [first, second]) {
        await client.query("begin; set local statement_timeout = '5s'");
        await insert(client, 'projects.project_tasks', {
          organization_id: ours.organizationId,
          project_id: projectId,
          title: 'At the same time',
        });
      }
      await second.query('commit');
      await first.query('commit');
      expect(
        (await query("select from graphile_worker.jobs where key = 'embed_texts'")).length,
      ).toBe(1);
    } finally {
      first.release();
      second.release();
    }
  });
});
