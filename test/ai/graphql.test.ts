import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';
import { embedAll } from './searching.ts';

const database = testDatabase();
const asked: string[] = [];
/** What the endpoint of the settings would answer. */
let embedding: readonly number[] | null = null;
/** What happens while it works. */
let meanwhile: () => Promise<unknown> = () => Promise.resolve();
const api = testApi(database, {
  embedQuery: async (text) => {
    asked.push(text);
    await meanwhile();
    return embedding;
  },
});
const { ask } = api;
let ours: Cast;
let theirs: Cast;
let projectId: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  await actAs(database, ours.owner, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `insert into projects.projects (name, description)
       values ('Harbour at night', 'Boats & fog'), ('Desert by day', 'Sand') returning id`,
    );
    projectId = rows[0]!.id;
    await client.query(
      `select ai.upsert_embeddings('handbook', array[
         row('fog', 'Fog machines', 'Order the fog fluid early.', '{"page": 3}', null, null, null)::ai.document_draft])`,
    );
  });
  await embedAll(database);
});

const HYBRID = `query ($query: String!, $types: [String!], $first: Int, $offset: Int, $threshold: Float) {
  hybridSearch(query: $query, types: $types, first: $first, offset: $offset, threshold: $threshold) {
    hasNextPage
    searchedMeaning
    hits {
      type rowId title snippet matchedBy score textRank vectorRank similarity key namespace metadata
      entity { __typename id ... on Project { rowId name } }
    }
  }
}`;

describe('hybridSearch', () => {
  test('gives rows and documents, with the row itself', async () => {
    const { hybridSearch } = dataOf(await ask(ours.member, HYBRID, { query: 'foggy boats, fog' }));
    expect(hybridSearch).toMatchObject({ hasNextPage: false, searchedMeaning: true });
    expect(hybridSearch.hits).toHaveLength(2);
    const row = hybridSearch.hits.find((hit: { type: string }) => hit.type === 'Project');
    expect(row).toMatchObject({
      type: 'Project',
      rowId: projectId,
      title: 'Harbour at night',
      matchedBy: 'BOTH',
      key: null,
      namespace: null,
      metadata: null,
      entity: { __typename: 'Project', rowId: projectId, name: 'Harbour at night' },
    });
    expect(row.snippet).toContain('<mark>Boats</mark> &amp; <mark>fog</mark>');
    const document = hybridSearch.hits.find((hit: { type: string }) => hit.type === 'Document');
    expect(document).toMatchObject({
      title: 'Fog machines',
      key: 'fog',
      namespace: 'handbook',
      metadata: { page: 3 },
      entity: null,
    });
    const again = dataOf(
      await ask(ours.member, 'query ($id: ID!) { node(id: $id) { ... on Project { name } } }', {
        id: row.entity.id,
      }),
    );
    expect(again.node).toEqual({ name: 'Harbour at night' });
  });

  test('looks at some types only, page by page', async () => {
    const titles = async (variables: object) =>
      dataOf(await ask(ours.owner, HYBRID, { query: 'fog', ...variables })).hybridSearch.hits.map(
        (hit: { title: string }) => hit.title,
      );
    expect(await titles({ types: ['Project'] })).toEqual(['Harbour at night']);
    expect(await titles({ types: ['Document'] })).toEqual(['Fog machines']);
    expect(await titles({ types: ['ProjectTask'] })).toEqual([]);
    expect(await titles({ types: [] })).toEqual([]);
    const first = dataOf(await ask(ours.owner, HYBRID, { query: 'fog', first: 1 })).hybridSearch;
    expect(first.hasNextPage).toBe(true);
    const second = dataOf(
      await ask(ours.owner, HYBRID, { query: 'fog', first: 1, offset: 1 }),
    ).hybridSearch;
    expect(second.hasNextPage).toBe(false);
    expect(new Set([first, second].map(({ hits }) => hits[0].title))).toEqual(
      new Set(['Harbour at night', 'Fog machines']),
    );
  });

  test('shows nothing to another organization, and refuses who is nobody', async () => {
    expect(dataOf(await ask(theirs.owner, HYBRID, { query: 'fog' })).hybridSearch.hits).toEqual([]);
    expect(errorOf(await ask({}, HYBRID, { query: 'fog' })).code).toMatch(
      /UNAUTHENTICATED|FORBIDDEN/,
    );
  });

  test.each([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ offset: -1 }, 'offset'],
    [{ offset: 5001 }, 'offset'],
    [{ threshold: 2 }, 'threshold'],
    [{ types: ['Nonsense'] }, 'types'],
  ])('refuses %j', async (variables, field) => {
    expect(errorOf(await ask(ours.owner, HYBRID, { query: 'fog', ...variables }))).toEqual({
      code: 'INVALID_INPUT',
      field,
    });
  });

  test('refuses a query that is too long', async () => {
    expect(errorOf(await ask(ours.owner, HYBRID, { query: 'x'.repeat(4001) })).field).toBe('query');
  });

  test('asks nobody outside where the database embeds', async () => {
    await ask(ours.owner, HYBRID, { query: 'fog' });
    expect(asked).toEqual([]);
  });

  test('has the endpoint embed the query, and goes by words alone when that fails', async () => {
    await api.within(async ({ ask: askWithin, client }) => {
      await client.query("select ai.use_embedding_model('endpoint', 'letters', 8)");
      await client.query('delete from ai.embedding_fills');
      await client.query('select ai.activate_embedding_model()');
      await client.query(
        `insert into ai.embeddings (organization_id, namespace, document_id, chunk, model_id, read_permission, starts_at, characters, embedding)
         select d.organization_id, d.namespace, d.id, 0, m.id, d.read_permission, 0, 0, '[1,0,0,0,0,0,0,0]'
           from ai.search_documents d, ai.embedding_models m
          where d.title = 'Desert by day' and m.status = 'active'`,
      );
      embedding = [1, 0, 0, 0, 0, 0, 0, 0];
      const found = dataOf(await askWithin(ours.owner, HYBRID, { query: 'fog' })).hybridSearch;
      expect(asked).toEqual(['fog']);
      expect(found.searchedMeaning).toBe(true);
      expect(found.hits.map((hit: { title: string }) => hit.title)).toContain('Desert by day');
      embedding = null;
      const words = dataOf(await askWithin(ours.owner, HYBRID, { query: 'fog' })).hybridSearch;
      expect(words.searchedMeaning).toBe(false);
      expect(words.hits.map((hit: { title: string }) => hit.title)).not.toContain('Desert by day');
      expect(words.hits).toHaveLength(2);
    });
  });

  test.each([
    ['another dimension', 'letters', 16],
    ['the same dimension', 'numbers', 8],
  ])(
    'goes by words alone when a model of %s takes over while the query is embedded',
    async (_what, name, dimension) => {
      await api.within(async ({ ask: askWithin, client }) => {
        const takeOver = async (model: string, numbers: number) => {
          await client.query("select ai.use_embedding_model('endpoint', $1, $2)", [model, numbers]);
          await client.query('delete from ai.embedding_fills');
          await client.query('select ai.activate_embedding_model()');
          await client.query(
            `insert into ai.embeddings (organization_id, namespace, document_id, chunk, model_id, read_permission, starts_at, characters, embedding)
             select d.organization_id, d.namespace, d.id, 0, m.id, d.read_permission, 0, 0,
                    ('[1' || repeat(',0', m.dimension - 1) || ']')::extensions.halfvec
               from ai.search_documents d, ai.embedding_models m
              where d.title = 'Desert by day' and m.status = 'active'`,
          );
        };
        await takeOver('letters', 8);
        embedding = [1, 0, 0, 0, 0, 0, 0, 0];
        const find = async (query: string) =>
          dataOf(await askWithin(ours.owner, HYBRID, { query })).hybridSearch;
        const before = await find('fog');
        expect(before.searchedMeaning).toBe(true);
        expect(before.hits).toHaveLength(3);
        meanwhile = async () => {
          meanwhile = () => Promise.resolve();
          await takeOver(name, dimension);
        };
        const after = await find('fog');
        expect(after.searchedMeaning).toBe(false);
        expect(after.hits.map((hit: { matchedBy: string }) => hit.matchedBy)).toEqual([
          'WORDS',
          'WORDS',
        ]);
        // The next one is embedded by the model that is there now.
        embedding = Array.from({ length: dimension }, (_number, index) => (index === 0 ? 1 : 0));
        expect(await find('nothing of the kind')).toMatchObject({
          searchedMeaning: true,
          hits: [{ title: 'Desert by day', matchedBy: 'MEANING' }],
        });
        embedding = null;
        expect(await find('nothing of the kind')).toEqual({
          hasNextPage: false,
          searchedMeaning: false,
          hits: [],
        });
      });
    },
  );
});

describe('the rest of the search', () => {
  test('globalSearch follows what is typed', async () => {
    const search = `query ($query: String!, $first: Int, $types: [String!]) {
      globalSearch(query: $query, first: $first, types: $types) {
        hasNextPage searchedMeaning hits { type title snippet matchedBy entity { ... on Project { name } } }
      }
    }`;
    const { globalSearch } = dataOf(await ask(ours.member, search, { query: 'harb' }));
    expect(globalSearch).toMatchObject({
      hasNextPage: false,
      searchedMeaning: false,
      hits: [{ type: 'Project', matchedBy: 'WORDS', entity: { name: 'Harbour at night' } }],
    });
    const slug = dataOf(await ask(ours.member, search, { query: 'harbour-at-night' }));
    expect(slug.globalSearch.hits[0].matchedBy).toBe('CODE');
    const wrong = dataOf(await ask(ours.member, search, { query: 'harbuor at nigth' }));
    expect(wrong.globalSearch.hits[0]).toMatchObject({
      title: 'Harbour at night',
      matchedBy: 'SPELLING',
    });
    expect(errorOf(await ask(ours.owner, search, { query: 'x', first: 500 })).field).toBe('first');
  });

  test('documents come and go by mutations, and embeddings are compared by searchEmbeddings', async () => {
    await api.within(async ({ ask: askWithin }) => {
      const put = dataOf(
        await askWithin(
          ours.owner,
          `mutation ($rows: [DocumentDraftInput!]!) {
             upsertEmbeddings(input: { namespace: "plans", rows: $rows }) { upserted { inserted changed unchanged } }
           }`,
          {
            rows: [
              {
                key: 'a',
                title: 'A',
                content: 'alpha',
                embedding: Array.from({ length: 768 }, (_n, i) => (i === 3 ? 1 : 0)),
              },
            ],
          },
        ),
      );
      expect(put.upsertEmbeddings.upserted).toEqual({ inserted: 1, changed: 0, unchanged: 0 });
      const near = `query ($e: [Float]!) { searchEmbeddings(queryEmbedding: $e, namespace: "plans") { nodes { key title content similarity } } }`;
      const found = dataOf(
        await askWithin(ours.owner, near, {
          e: Array.from({ length: 768 }, (_n, i) => (i === 3 ? 0.5 : 0)),
        }),
      );
      expect(found.searchEmbeddings.nodes).toEqual([
        { key: 'a', title: 'A', content: 'alpha', similarity: expect.closeTo(1, 3) },
      ]);
      const mismatch = await askWithin(ours.owner, near, { e: [1, 2] });
      expect(mismatch.errors?.[0]?.extensions).toMatchObject({
        code: 'EMBEDDING_MISMATCH',
        field: 'queryEmbedding',
        dimension: 768,
        given: 2,
      });
    });
    await api.within(async ({ ask: askWithin }) => {
      const gone = dataOf(
        await askWithin(
          ours.owner,
          'mutation { deleteEmbeddings(input: { namespace: "handbook", keys: ["fog"] }) { deleted } }',
        ),
      );
      expect(gone.deleteEmbeddings.deleted).toBe(1);
      const status = dataOf(
        await askWithin(
          ours.owner,
          '{ embeddingStatus { provider model dimension nextModel pending failed chunks failures { title } } }',
        ),
      );
      expect(status.embeddingStatus).toMatchObject({
        provider: 'built_in',
        pending: '0',
        failed: '0',
        failures: [],
      });
    });
  });
});
