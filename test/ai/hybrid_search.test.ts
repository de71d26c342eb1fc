import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, as, enter, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { embedAll, globalSearch, hybridSearch, titlesFor } from './searching.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
const DIMENSION = 768;

/** A direction of its own for each number. */
const along = (...directions: number[]) => {
  const numbers = Array.from({ length: DIMENSION }, () => 0);
  directions.forEach((direction, index) => (numbers[direction] = 1 / (index + 1)));
  return numbers;
};

type Draft = {
  key: string;
  title?: string;
  content?: string;
  metadata?: object;
  workspace_id?: string;
  is_private?: boolean;
  embedding?: number[];
};

const upsert = (
  client: { query: (sql: string, values: unknown[]) => Promise<{ rows: unknown[] }> },
  namespace: string,
  rows: Draft[],
) =>
  client.query(
    `select (u).* from ai.upsert_embeddings($1, array(
       select row(r.key, r.title, r.content, r.metadata, r.workspace_id, r.is_private, r.embedding)::ai.document_draft
         from jsonb_to_recordset($2) as r
                (key text, title text, content text, metadata jsonb, workspace_id uuid, is_private boolean, embedding real[]))) u`,
    [namespace, JSON.stringify(rows)],
  );

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  for (const cast of [ours, theirs]) {
    await actAs(database, cast.owner, (client) =>
      upsert(client, 'handbook', [
        {
          key: 'crane',
          title: 'Renting a camera crane',
          content: 'Ask for the crane a week before.',
        },
        {
          key: 'permit',
          title: 'Street permits',
          content: 'The city wants a permit for each street.',
        },
        {
          key: 'lunch',
          title: 'Catering',
          content: 'Lunch is at noon. <b>Vegetarian</b> & vegan on request.',
        },
        {
          key: 'cafe',
          title: 'Café Müller',
          content: 'Where the crew meets.',
          metadata: { floor: 2 },
        },
        {
          key: 'both',
          title: 'Permit for a crane',
          content: 'A crane in the street needs a permit as well.',
        },
      ]),
    );
  }
  await embedAll(database);
});

const titles = (query: string) => titlesFor(database, ours.owner, query);
const asOwner = <T>(work: Parameters<typeof as<T>>[2]) => as(database, ours.owner, work);

describe('hybrid_search', () => {
  test('finds by words and by meaning, and says by which', async () => {
    const [best, ...rest] = await asOwner((client) => hybridSearch(client, ['crane permit']));
    expect(best).toMatchObject({
      title: 'Permit for a crane',
      key: 'both',
      namespace: 'handbook',
      text_rank: 1,
      vector_rank: 1,
      matched_by: 'both',
    });
    expect(best?.similarity).toBeGreaterThan(0.5);
    expect(best?.score).toBeCloseTo(2 / 61, 10);
    expect(rest.map(({ title }) => title).sort()).toEqual([
      'Renting a camera crane',
      'Street permits',
    ]);
  });

  test('marks what matches, without tags of the text, and escapes everything else', async () => {
    const [hit] = await asOwner((client) => hybridSearch(client, ['vegetarian lunch']));
    expect(hit?.snippet).toBe(
      '<mark>Lunch</mark> is at noon.  <mark>Vegetarian</mark>  &amp; vegan on request.',
    );
  });

  test('knows other forms of words, and accents', async () => {
    expect(await titles('cranes')).toContain('Renting a camera crane');
    expect((await titles('cafe muller'))[0]).toBe('Café Müller');
  });

  test('understands quotes, a leading minus and or', async () => {
    const byWords = (query: string) =>
      asOwner(async (client) =>
        (await hybridSearch(client, [query, 0], '$1, vector_weight => $2'))
          .map(({ key }) => key)
          .sort(),
      );
    expect(await byWords('"street permit"')).toEqual(['permit']);
    expect(await byWords('crane -camera')).toEqual(['both']);
    expect(await byWords('lunch or café')).toEqual(['cafe', 'lunch']);
    expect(await byWords('crane nonsense')).toEqual(['both', 'crane']);
  });

  test('takes a dash that stands alone for a dash', async () => {
    await asOwner(async (client) => {
      await upsert(client, 'acts', [
        { key: 'act', title: 'Act 2 - Rigging plan' },
        { key: 'other', title: 'Act 2 - Lights' },
      ]);
      const byWords = async (query: string) =>
        (
          await hybridSearch(client, [query, 0], "$1, vector_weight => $2, namespace => 'acts'")
        ).map(({ key }) => key);
      for (const query of [
        'Act 2 - Rigging plan',
        'Act 2 -- Rigging plan',
        '- Act 2 (- Rigging) plan -',
        'Act 2 -\u00a0Rigging plan',
        'Act 2\t-\nRigging - - plan',
      ]) {
        // The other one has some of the words.
        expect({ query, found: await byWords(query) }).toEqual({ query, found: ['act', 'other'] });
      }
      expect(await byWords('act -rigging')).toEqual(['other']);
      expect(await byWords('act - 2 -rigging')).toEqual(['other']);
      expect(await byWords('act (-rigging)')).toEqual(['other']);
      expect(await byWords('-')).toEqual([]);
    });
  });

  test('finds nothing for nothing: null, an empty query, only stop words, only signs', async () => {
    for (const query of [null, '', '   ', 'the of and', '!?&|()<->:*', "'", '\\']) {
      expect(await asOwner((client) => hybridSearch(client, [query]))).toEqual([]);
      expect(await asOwner((client) => globalSearch(client, query ?? ''))).toEqual([]);
    }
  });

  test('takes an embedding without a text', async () => {
    await asOwner(async (client) => {
      await upsert(client, 'plans', [
        { key: 'near', content: 'near', embedding: along(0, 1) },
        { key: 'nearer', content: 'nearer', embedding: along(0) },
        { key: 'far', content: 'far', embedding: along(5) },
      ]);
      const found = await hybridSearch(client, [along(0)], 'null, $1');
      expect(found.map(({ key, text_rank }) => [key, text_rank])).toEqual([
        ['nearer', null],
        ['near', null],
      ]);
      expect(found[0]?.similarity).toBeCloseTo(1, 3);
      expect(found[1]?.similarity).toBeCloseTo(2 / Math.sqrt(5), 2);
      const all = await hybridSearch(
        client,
        [along(0)],
        "null, $1, threshold => -1, namespace => 'plans'",
      );
      expect(all.map(({ key }) => key)).toEqual(['nearer', 'near', 'far']);
      const few = await hybridSearch(client, [along(0)], 'null, $1, threshold => 0.95');
      expect(few.map(({ key }) => key)).toEqual(['nearer']);
    });
  });

  test('weighs the arms, and fuses by k', async () => {
    await asOwner(async (client) => {
      await upsert(client, 'plans', [
        { key: 'words', title: 'Zebra', content: 'zebra', embedding: along(5) },
        { key: 'meaning', title: 'Horse', content: 'horse', embedding: along(0) },
      ]);
      const keys = async (rest: string) =>
        (
          await hybridSearch(client, ['zebra', along(0)], `$1, $2, namespace => 'plans', ${rest}`)
        ).map(({ key, score }) => [key, score]);
      expect((await keys('k => 10')).sort()).toEqual([
        ['meaning', 1 / 11],
        ['words', 1 / 11],
      ]);
      expect((await keys('text_weight => 2'))[0]?.[0]).toBe('words');
      expect(await keys('vector_weight => 0')).toEqual([['words', 1 / 61]]);
      expect(await keys('text_weight => 0')).toEqual([['meaning', 1 / 61]]);
    });
  });

  test('gives the same order page by page, also of those that are equally good', async () => {
    await asOwner(async (client) => {
      for (let batch = 0; batch < 3; batch += 1) {
        await upsert(
          client,
          'same',
          Array.from({ length: 40 }, (_row, index) => ({
            key: `same ${batch} ${index}`,
            title: 'Gaffer tape',
            content: 'black',
          })),
        );
      }
      const whole = await hybridSearch(
        client,
        ['gaffer', 20],
        "$1, count => $2, namespace => 'same'",
      );
      expect(whole).toHaveLength(20);
      const pages = [];
      for (const skip of [0, 5, 10, 15]) {
        pages.push(
          ...(await hybridSearch(
            client,
            ['gaffer', skip],
            "$1, count => 5, skip => $2, namespace => 'same'",
          )),
        );
      }
      expect(pages.map(({ key }) => key)).toEqual(whole.map(({ key }) => key));
      const all = await hybridSearch(client, ['gaffer'], "$1, count => 500, namespace => 'same'");
      expect(new Set(all.map(({ key }) => key)).size).toBe(120);
    });
  });

  test('lists what has some of the words behind what is fused, where enough has all', async () => {
    await asOwner(async (client) => {
      await upsert(
        client,
        'words',
        Array.from({ length: 55 }, (_row, index) => ({
          key: `words ${index}`,
          title: index < 25 ? 'Zebra crossing' : 'Zebra',
        })),
      );
      const ranks = async (count: number, skip = 0) =>
        (
          await hybridSearch(
            client,
            ['zebra crossing', 0, count, skip],
            "$1, vector_weight => $2, count => $3, skip => $4, namespace => 'words'",
          )
        ).map((row) => row.text_rank);
      const places = (first: number, last: number) =>
        Array.from({ length: last - first + 1 }, (_place, index) => first + index);
      expect(await ranks(20)).toEqual(places(1, 20));
      expect(await ranks(25)).toEqual(places(1, 25));
      expect(await ranks(30)).toEqual([...places(1, 25), ...places(41, 45)]);
      expect(await ranks(20, 20)).toEqual([...places(21, 25), ...places(41, 55)]);
      expect(await ranks(100)).toEqual([...places(1, 25), ...places(41, 70)]);
    });
  });

  test('refuses what cannot be, and names it', async () => {
    await asOwner(async (client) => {
      const refusal = async (values: unknown[], names?: string) => {
        await client.query('savepoint attempt');
        try {
          await hybridSearch(client, values, names);
          return undefined;
        } catch (error) {
          const { code, column, detail } = error as Record<string, string>;
          return { code, column, ...(detail ? { detail: JSON.parse(detail) as unknown } : {}) };
        } finally {
          await client.query('rollback to savepoint attempt');
        }
      };
      expect(await refusal(['x', [1, 2, 3]])).toEqual({
        code: 'CB070',
        column: 'query_embedding',
        detail: { model: 'hashed-words-1', dimension: DIMENSION, given: 3 },
      });
      const invalid = (column: string) => ({ code: 'CB002', column });
      expect(await refusal(['x', along()])).toEqual(invalid('query_embedding'));
      expect(await refusal(['x', [Number.NaN, ...along(1).slice(1)]])).toEqual(
        invalid('query_embedding'),
      );
      expect(await refusal(['x', [null, ...along(1).slice(1)]])).toEqual(
        invalid('query_embedding'),
      );
      expect(await refusal(['x', null, 2])).toEqual(invalid('threshold'));
      expect(await refusal(['x', null, Number.NaN])).toEqual(invalid('threshold'));
      expect(await refusal(['x', null, null, 0])).toEqual(invalid('count'));
      expect(await refusal(['x', null, null, 501])).toEqual(invalid('count'));
      expect(await refusal(['x', -1], '$1, skip => $2')).toEqual(invalid('skip'));
      expect(await refusal(['x', 0], '$1, k => $2')).toEqual(invalid('k'));
      expect(await refusal(['x', -1], '$1, text_weight => $2')).toEqual(invalid('text_weight'));
      expect(await refusal(['x', Number.NaN], '$1, vector_weight => $2')).toEqual(
        invalid('vector_weight'),
      );
      expect(await refusal(['x'.repeat(4001)])).toEqual(invalid('query_text'));
    });
    await as(database, {}, async (client) => {
      expect(await sqlstateOf(client, () => hybridSearch(client, ['crane']))).toBe('42501');
    });
  });

  test('shows nothing of others, and of their own what is private to its owner alone', async () => {
    await actAs(database, ours.owner, (client) =>
      upsert(client, 'secrets', [
        { key: 'diary', content: 'My crane diary', is_private: true },
        {
          key: 'room',
          content: 'The crane of the client room',
          workspace_id: ours.privateWorkspaceId,
        },
      ]),
    );
    await embedAll(database);
    const keys = (cast: Cast, role: 'owner' | 'member' | 'admin') =>
      as(database, cast[role], async (client) =>
        (await hybridSearch(client, ['crane'])).map(({ key }) => key).sort(),
      );
    expect(await keys(ours, 'owner')).toEqual(['both', 'crane', 'diary', 'room']);
    expect(await keys(ours, 'admin')).toEqual(['both', 'crane', 'room']);
    expect(await keys(ours, 'member')).toEqual(['both', 'crane']);
    expect(await keys(theirs, 'owner')).toEqual(['both', 'crane']);
    await actAs(database, ours.owner, (client) =>
      client.query("select ai.delete_embeddings('secrets')"),
    );
    expect(await keys(ours, 'owner')).toEqual(['both', 'crane']);
  });
});

describe('the index of a model', () => {
  test('finds what looking at everything finds, of what the caller may see', async () => {
    await actAs(database, ours.owner, (client) =>
      upsert(client, 'room', [
        { key: 'a', content: 'alpha', embedding: along(1) },
        {
          key: 'b',
          content: 'beta',
          embedding: along(1, 2),
          workspace_id: ours.privateWorkspaceId,
        },
        { key: 'c', content: 'gamma', embedding: along(1, 3), is_private: true },
      ]),
    );
    await actAs(database, theirs.owner, (client) =>
      upsert(client, 'room', [{ key: 'd', content: 'delta', embedding: along(1) }]),
    );
    const found = (cast: Cast, role: 'owner' | 'admin' | 'member', by: string) =>
      as(database, cast[role], async (client) => {
        const { rows } = await client.query<{ key: string }>(
          `select d.key
             from ai.embedding_models m
            cross join lateral ai.${by} n
             join ai.search_documents d
               on d.organization_id = authz.organization_id() and d.namespace = n.namespace and d.id = n.document_id
            where m.status = 'active'
            order by n.similarity desc, d.key`,
          [JSON.stringify(along(1))],
        );
        return rows.map(({ key }) => key);
      });
    const vector = '$1::extensions.halfvec, m';
    for (const [cast, role, keys] of [
      [ours, 'owner', ['a', 'c', 'b']],
      [ours, 'admin', ['a', 'b']],
      [ours, 'member', ['a']],
      [theirs, 'owner', ['d']],
    ] as const) {
      const expected = [...keys].sort();
      const looked = await found(cast, role, `nearest_by_looking(${vector}, array['room'], 10)`);
      const led = await found(cast, role, `nearest_by_index(${vector}, array['room'], 10, 10000)`);
      expect([...looked].sort()).toEqual(expected);
      expect(led).toEqual(looked);
    }
    expect(await found(ours, 'owner', `nearest_by_index(${vector}, null, 1, 10000)`)).toEqual([
      'a',
    ]);
    await actAs(database, ours.owner, (client) =>
      client.query("select ai.delete_embeddings('room')"),
    );
    await actAs(database, theirs.owner, (client) =>
      client.query("select ai.delete_embeddings('room')"),
    );
  });
});

describe('search_embeddings', () => {
  test('gives the nearest parts with their texts, as many as there are', async () => {
    await asOwner(async (client) => {
      await upsert(client, 'plans', [
        { key: 'a', title: 'A', content: 'alpha', embedding: along(0) },
        { key: 'b', title: 'B', content: 'beta', embedding: along(0, 1) },
        { key: 'c', title: 'C', content: 'gamma', embedding: along(7), metadata: { n: 1 } },
      ]);
      const search = async (...values: unknown[]) =>
        (
          await client.query<{ key: string; content: string; similarity: number }>(
            `select * from ai.search_embeddings(${values.map((_v, i) => `$${i + 1}`).join(', ')})`,
            values,
          )
        ).rows;
      expect(
        (await search(along(0), null, 10, 'plans')).map(({ key, content }) => [key, content]),
      ).toEqual([
        ['a', 'alpha'],
        ['b', 'beta'],
        ['c', 'gamma'],
      ]);
      expect((await search(along(0), 0.5)).map(({ key }) => key)).toEqual(['a', 'b']);
      expect(await search(along(0), null, 1, 'plans')).toHaveLength(1);
      expect(await search(null)).toEqual([]);
      expect(await search(along(0), null, 10, 'nowhere')).toEqual([]);
      expect(await sqlstateOf(client, () => search([1, 2]))).toBe('CB070');
    });
    await as(database, ours.guest, async (client) => {
      expect(
        await sqlstateOf(client, () => client.query('select ai.search_embeddings(null)')),
      ).toBe('CB003');
    });
  });
});

describe('global_search', () => {
  test('finds codes first, words while they are typed, and titles spelled like it', async () => {
    await asOwner(async (client) => {
      await client.query(
        "insert into crm.leads (email, first_name, last_name) values ('ada@lovelace.test', 'Ada', 'Lovelace')",
      );
      await client.query(
        "insert into crm.leads (email, first_name, company_name) values ('bob@x.test', 'Bob', 'ada@lovelace.test fans')",
      );
      const found = (await globalSearch(client, ' ADA@lovelace.test ')).map(
        ({ title, matched_by }) => [title, matched_by],
      );
      expect(found[0]).toEqual(['Ada Lovelace', 'code']);
      const typed = async (query: string) =>
        (await globalSearch(client, query)).map(({ title, matched_by }) => [title, matched_by]);
      expect(await typed('permit for a cra')).toEqual([['Permit for a crane', 'words']]);
      expect(await typed('lovel')).toEqual([['Ada Lovelace', 'words']]);
      expect(await typed('lovelase')).toEqual([['Ada Lovelace', 'spelling']]);
      expect(await typed('caterign')).toEqual([['Catering', 'spelling']]);
      expect(await typed('muller')).toEqual([['Café Müller', 'words']]);
      const [hit] = await globalSearch(client, 'cran');
      expect(hit?.snippet).toContain('<mark>crane</mark>');
      expect(await globalSearch(client, 'ada', ['projects.projects'])).toEqual([]);
    });
  });

  const NFD = 'přehlídka'.normalize('NFD');
  const TEXT = `Truck of 3.5 tonnes, see booking.example.com/stage, plan/v2 by AC/DC; ask jo.doe@vendor.example about
    X-4711.B, lens f/2.8, C++ and R&B at 5 o'clock, file tour_2026.pdf, rock-n-roll, -40 degrees, हिन्दी, ${NFD}.`;

  test.each([
    '3.5 tonnes',
    'booking.example.com/stage',
    'plan/v2',
    'AC/DC',
    'ac/dc; ask',
    'jo.doe@vendor.example',
    'X-4711.B',
    'f/2.8',
    'C++ and',
    'R&B at',
    "o'clock",
    'tour_2026.pdf',
    'rock-n-roll',
    '-40',
    'हिन्दी',
    NFD,
    'přehlídka',
    'truck of',
    'Truck of 3.5 tonnes, see booking.example.com',
  ])('finds “%s” in a text at every letter of it', async (words) => {
    await asOwner(async (client) => {
      await upsert(client, 'signs', [{ key: 'signs', title: 'Get-in', content: TEXT }]);
      for (let typed = words; /[\p{L}\p{N}]/u.test(typed); typed = typed.slice(0, -1)) {
        const found = await globalSearch(client, typed, ['signs']);
        expect({ typed, by: found.map((row) => row.matched_by) }).toEqual({ typed, by: ['words'] });
      }
      const [hit] = await globalSearch(client, words, ['signs']);
      expect(hit?.snippet).toContain('<mark>');
    });
  });

  test('puts what is as it was typed before what has the same letters apart, and finds that too', async () => {
    await asOwner(async (client) => {
      await upsert(client, 'signs', [
        { key: 'apart', title: 'Plan', content: 'v2 of it, for buses 3 and 5; ac and dc' },
        { key: 'joined', content: 'Some plan/v2 for the bus of 3.5 tonnes, ac/dc' },
      ]);
      const keys = async (query: string) =>
        (await globalSearch(client, query, ['signs'])).map(({ key }) => key);
      for (const query of ['plan/v2', '3.5', 'ac/dc', 'AC/D', '(ac/dc)']) {
        expect({ query, keys: await keys(query) }).toEqual({ query, keys: ['joined', 'apart'] });
      }
      // What may be the beginning of a word comes before what it may be left out of.
      await upsert(client, 'signs', [
        { key: 'plain', title: 'A truck, a truck' },
        { key: 'office', title: 'Truck', content: 'for the office' },
      ]);
      expect(await keys('truck of')).toEqual(['office', 'plain']);
      expect((await keys('truck the')).sort()).toEqual(['office', 'plain']);
      expect(await keys('truck nowhere of')).toEqual([]);
    });
  });

  test('finds nothing for what is too long to be a word, and is not stopped by it', async () => {
    await asOwner(async (client) => {
      for (const query of ['x'.repeat(4000), `${'x'.repeat(3000)}/y`, `zq.${'é'.repeat(2500)}`]) {
        expect(await globalSearch(client, query)).toEqual([]);
      }
    });
  });
});

describe('upsert_embeddings', () => {
  test('inserts, changes, leaves alone, and says how many', async () => {
    await asOwner(async (client) => {
      const told = async (rows: Draft[]) => (await upsert(client, 'notes', rows)).rows[0];
      expect(
        await told([
          { key: 'a', content: 'one' },
          { key: 'b', content: 'two' },
        ]),
      ).toEqual({
        inserted: 2,
        changed: 0,
        unchanged: 0,
      });
      expect(
        await told([
          { key: 'a', content: 'one' },
          { key: 'b', content: 'three' },
          { key: 'c', content: 'x' },
        ]),
      ).toEqual({ inserted: 1, changed: 1, unchanged: 1 });
      const { rows } = await client.query(
        'select title, body from ai.search_documents where key = $1',
        ['b'],
      );
      expect(rows).toEqual([{ title: 'b', body: 'three' }]);
    });
  });

  test('keeps an embedding that is brought along, also for a text that was waiting for one', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await enter(client, ours.owner);
      await upsert(client, 'plans', [{ key: 'fog', content: 'fog' }]);
      await upsert(client, 'plans', [
        { key: 'fog', content: 'fog', embedding: along(3) },
        { key: 'rain', content: 'rain' },
      ]);
      await client.query('reset role');
      await client.query('select ai.embed_built_in(500)');
      const { rows } = await client.query<{ key: string; similarity: number }>(
        `select d.key, 1 - (e.embedding operator(extensions.<=>) $1::extensions.halfvec) as similarity
           from ai.search_documents d
           join ai.embeddings e
             on (e.organization_id, e.namespace, e.document_id) = (d.organization_id, d.namespace, d.id)
          where d.organization_id = $2 and d.namespace = 'plans' order by d.key`,
        [JSON.stringify(along(3)), ours.organizationId],
      );
      expect(rows.map(({ key }) => key)).toEqual(['fog', 'rain']);
      expect(rows[0]?.similarity).toBeCloseTo(1, 3);
      expect(rows[1]?.similarity).toBeLessThan(0.9);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('refuses a row that cannot be, naming it', async () => {
    const message = (namespace: string, rows: Draft[], caller = ours.owner) =>
      as(database, caller, (client) => upsert(client, namespace, rows)).then(
        () => 'taken',
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    const fine = { key: 'a', content: 'x' };
    expect(await message('projects.projects', [fine])).toMatch(/^CB002 A namespace/);
    expect(await message('notes', [])).toMatch(/^CB002 There have to be/);
    expect(await message('notes', [fine, { key: '', content: 'x' }])).toMatch(
      /^CB002 Row 2 has no key/,
    );
    expect(await message('notes', [fine, fine])).toBe('CB002 Two rows have the same key.');
    expect(await message('notes', [{ key: 'a' }])).toMatch(/neither title nor content/);
    expect(await message('notes', [{ ...fine, workspace_id: theirs.workspaceId }])).toMatch(
      /workspace that there is not/,
    );
    expect(
      await message('notes', [{ ...fine, workspace_id: ours.privateWorkspaceId }], ours.member),
    ).toMatch(/workspace that there is not/);
    expect(await message('notes', [{ ...fine, embedding: [1] }])).toMatch(/^CB070/);
    expect(await message('notes', [fine], ours.guest)).toMatch(/^CB003/);
    await actAs(database, ours.owner, (client) =>
      upsert(client, 'mine', [{ key: 'diary', content: 'x', is_private: true }]),
    );
    expect(await message('mine', [{ key: 'diary', content: 'y' }], ours.member)).toMatch(/^CB004/);
  });

  test('and delete_embeddings let an API key that may write alone change what it has put in, and nothing of anybody', async () => {
    const keyWith = (scopes: string[], workspaceIds: string[] | null = null) =>
      actAs(database, ours.owner, async (client) => {
        const { rows } = await client.query<{ token: string }>(
          "select token from tenancy.create_api_key('Sync', $1, $2)",
          [scopes, workspaceIds],
        );
        return { apiKey: createHash('sha256').update(rows[0]!.token).digest('hex') };
      });
    const key = await keyWith(['ai.write']);
    const shared = await keyWith(['ai.write'], [ours.workspaceId]);
    const reading = await keyWith(['ai.read', 'ai.write']);
    await actAs(database, ours.owner, (client) =>
      upsert(client, 'sync', [{ key: 'diary', content: 'x', is_private: true }]),
    );
    await actAs(database, key, (client) =>
      upsert(client, 'sync', [
        { key: 'fog', content: 'fog' },
        { key: 'room', content: 'room', workspace_id: ours.privateWorkspaceId },
      ]),
    );
    await as(database, key, async (client) => {
      expect((await client.query('select from ai.search_documents')).rowCount).toBe(0);
      expect((await upsert(client, 'sync', [{ key: 'fog', content: 'mist' }])).rows).toEqual([
        { inserted: 0, changed: 1, unchanged: 0 },
      ]);
      expect(
        await sqlstateOf(client, () => upsert(client, 'sync', [{ key: 'diary', content: 'y' }])),
      ).toBe('CB004');
      // All but what somebody keeps to themselves.
      expect((await client.query("select ai.delete_embeddings('sync') as n")).rows).toEqual([
        { n: 2 },
      ]);
    });
    await as(database, reading, async (client) => {
      expect(
        await sqlstateOf(client, () => upsert(client, 'sync', [{ key: 'diary', content: 'y' }])),
      ).toBe('CB004');
    });
    await as(database, shared, async (client) => {
      const replace = (name: string) =>
        sqlstateOf(client, () =>
          upsert(client, 'sync', [{ key: name, content: 'other', workspace_id: ours.workspaceId }]),
        );
      expect(await replace('room')).toBe('CB004');
      expect(await replace('new')).toBeUndefined();
      expect(
        (await client.query("select ai.delete_embeddings('sync', '{room}') as n")).rows,
      ).toEqual([{ n: 0 }]);
    });
    // They were there all the while.
    await as(database, ours.owner, async (client) => {
      expect((await client.query("select ai.delete_embeddings('sync') as n")).rows).toEqual([
        { n: 3 },
      ]);
    });
  });
});

describe('texts', () => {
  const parts = async (text: string, most = 100, overlap = 30) =>
    (
      await database
        .pool()
        .query<{ chunk: number; starts_at: number; characters: number }>(
          'select * from ai.split_text($1, $2, $3) order by chunk',
          [text, most, overlap],
        )
    ).rows.map(({ starts_at: start, characters }) => text.slice(start, start + characters));

  test('are cut between sentences, with an overlap of whole ones', async () => {
    const text =
      'One is here. Two is there! Three is nowhere? Four went home. Five stays. Six is late, and nobody knows why.';
    const cut = await parts(text, 60, 20);
    expect(cut.every((part) => part.length <= 60)).toBe(true);
    expect(cut[0]).toBe('One is here. Two is there! Three is nowhere? ');
    expect(cut[1]).toBe('Three is nowhere? Four went home. Five stays. ');
    expect(cut.at(-1)?.endsWith('why.')).toBe(true);
  });

  test('lose nothing, whatever they are made of', async () => {
    const texts = [
      '',
      'short',
      'x'.repeat(1000),
      'word '.repeat(200),
      '。你好！'.repeat(100),
      `${'A sentence. '.repeat(20)}\n\n${'y'.repeat(250)} ${'Another one? '.repeat(20)}`,
      ' \n '.repeat(100),
      '🎬 action! '.repeat(60),
      // Longer than what is gone through at once.
      'y'.repeat(12_345),
      `${'wörter ohne ende '.repeat(900)}${'ß'.repeat(5000)} 🎬 `.repeat(2),
    ];
    for (const text of texts) {
      const { rows } = await database
        .pool()
        .query<{ chunk: number; starts_at: number; characters: number }>(
          'select * from ai.split_text($1, 100, 30) order by chunk',
          [text],
        );
      let covered = 0;
      for (const { starts_at: start, characters } of rows) {
        expect(start).toBeLessThanOrEqual(covered);
        expect(characters).toBeLessThanOrEqual(100);
        expect(start + characters).toBeGreaterThan(covered - (text === '' ? 1 : 0));
        covered = start + characters;
      }
      expect(covered).toBe([...text].length);
    }
  });

  test('of one sentence without an end are cut behind the last space that a part has room for', async () => {
    const words = Array.from({ length: 6000 }, (_word, index) => 'ö'.repeat(1 + (index % 37)));
    const expected: string[] = [];
    for (const word of words) {
      const last = expected.at(-1);
      if (last === undefined || last.length + word.length + 1 > 100) expected.push(`${word} `);
      else expected[expected.length - 1] = `${last}${word} `;
    }
    expect(await parts(words.map((word) => `${word} `).join(''), 100, 0)).toEqual(expected);
  });

  test('have always the same built-in embedding, of length one, on both engines', async () => {
    const { rows } = await database
      .pool()
      .query<{ e: string; norm: number; nothing: string | null }>(
        `select ai.embed_text('Camera crane', 8)::text as e, extensions.l2_norm(ai.embed_text('Camera crane', 768)) as norm,
              ai.embed_text('the of', 768)::text as nothing`,
      );
    expect(rows[0]?.norm).toBeCloseTo(1, 2);
    expect(rows[0]?.nothing).toBeNull();
    expect(rows[0]?.e).toMatchInlineSnapshot(
      `"[-0.32666016,0.59375,0.5517578,-0.14453125,-0.43652344,0,0,0.15710449]"`,
    );
  });
});

// At the end: the index keeps what is undone here, and the tests of what it finds know what is in it.
describe('the pages of a search', () => {
  test('are together what one request gives, however words and meaning differ', async () => {
    const pick = (of: readonly string[], at: number) => of[at % of.length] ?? '';
    const things = ['Rigging', 'Crane', 'Stage', 'Permit', 'Camera', 'Cable', 'Street', 'Lights'];
    const deeds = ['check', 'delivery', 'for the stage', 'in the street', 'permits', 'rental'];
    const texts = [
      'The rigging over the stage is looked at before every show.',
      'A permit of the city for a crane in the street.',
      'Check the street for cars.',
      'Stage plan, checked by the rigger.',
      'Nothing of note.',
    ];
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await enter(client, ours.owner);
      await upsert(
        client,
        'demo',
        Array.from({ length: 480 }, (_row, index) => ({
          key: `demo ${index}`,
          title: `${pick(things, index)} ${pick(deeds, index * 7)} ${index % 60}`,
          content: `${pick(texts, index * 3)} ${pick(things, index * 11 + 3)}`.repeat(
            1 + (index % 3),
          ),
        })),
      );
      await client.query('reset role');
      await client.query('select ai.embed_built_in(1000)');
      await enter(client, ours.owner);
      for (const [query, rest] of [
        ['rigging check stage', ''],
        ['permits for a crane in the street', ''],
        ['stage', ''],
        ['check street', ', vector_weight => 3'],
        ['check street', ', text_weight => 20, k => 5'],
        ['rigging lights', ', vector_weight => 0'],
        ['rigging lights', ', text_weight => 0'],
        ['lights stage', ', threshold => -1'],
      ] as const) {
        const page = (skip: number, count: number) =>
          hybridSearch(
            client,
            [query, skip, count],
            `$1, skip => $2, count => $3, namespace => 'demo'${rest}`,
          );
        const whole = (await page(0, 480)).map(({ key }) => key);
        const pages: (string | null)[] = [];
        for (let skip = 0; skip < 480; skip += 20) {
          pages.push(...(await page(skip, 20)).map(({ key }) => key));
        }
        expect({ query, rest, pages }).toEqual({ query, rest, pages: whole });
        expect(new Set(pages).size).toBe(pages.length);
        expect((await page(0, 100)).map(({ key }) => key)).toEqual(whole.slice(0, 100));
        expect((await page(7, 30)).map(({ key }) => key)).toEqual(whole.slice(7, 37));
        expect(whole.length).toBeGreaterThan(100);
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
