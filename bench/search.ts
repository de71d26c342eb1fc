import type { PoolClient } from 'pg';
import { openDatabase, type Database } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';
import { enteringCall } from '../server/caller.ts';
import { administer, addressOf } from './databases.ts';
import { takeTurns, type Rounds } from './measure.ts';

const CHUNKS = 200_000;
const TENANTS = 200;
const DIMENSION = 384;
/** Of the one that is to get all of them: a ten-thousandth of all. */
const FEW = 20;
/** Of the one whose searches the index leads. */
const MANY = 40_000;
const TOPICS = 400;
const TOPICS_OF_A_TENANT = 40;
const WANTED = 10;
/** What `hybrid_search` asks of each of its lists, to find ten. */
const DEPTH = 40;
/** As many candidates as `ai.nearest_by_index` keeps: with pgvector's 40 the bare query finds four of five. */
const EF_SEARCH = 250;
const QUERIES = 40;
const ROUNDS = 5;

/** What was found about searching. */
export type SearchFigures = {
  /** Seconds to build the index over all chunks. */
  readonly indexSeconds: number;
  /** Recall of the ten nearest against looking at all, of tenants with some 800 chunks and of the one with 40 000. */
  readonly recall: Readonly<Record<'usual' | 'large', Readonly<Record<'bare' | 'vector', number>>>>;
  /** Milliseconds for a query, of both. */
  readonly usual: Rounds<Side>;
  readonly large: Rounds<Side>;
  /** How many the tenant with 20 chunks gets, who asks for 20. */
  readonly few: number;
};

/** `both` is what somebody writes who needs words and meaning, without anybody's rights. */
export type Side = 'bare' | 'vector' | 'both' | 'hybrid';

/** Numbers that look like chance and are the same each time. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Embeddings as texts have them: around topics, of which each tenant knows some. Half of what tells two apart is their topic.
 */
class Embeddings {
  readonly #next = numbersFrom(42);
  readonly #noise = Float32Array.from(
    { length: 1 << 18 },
    () => Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next()),
  );
  readonly #topics = Array.from({ length: TOPICS }, () => this.#random());

  #random(): Float32Array {
    const start = Math.floor(this.#next() * (this.#noise.length - DIMENSION));
    return this.#noise.subarray(start, start + DIMENSION);
  }

  /** Topics of a tenant. */
  topics(): number[] {
    return Array.from({ length: TOPICS_OF_A_TENANT }, () => Math.floor(this.#next() * TOPICS));
  }

  about(topics: readonly number[]): { topic: number; text: string } {
    const topic = topics[Math.floor(this.#next() * topics.length)] ?? 0;
    const centre = this.#topics[topic] ?? this.#random();
    const noise = this.#random();
    const numbers = Array.from(centre, (number, index) =>
      ((number + (noise[index] ?? 0)) * 0.7).toFixed(3),
    );
    return { topic, text: `[${numbers.join(',')}]` };
  }
}

type Tenant = {
  readonly id: string;
  readonly userId: string;
  readonly chunks: number;
  readonly topics: number[];
};

async function fill(client: PoolClient, embeddings: Embeddings): Promise<Tenant[]> {
  const rest = (CHUNKS - FEW - MANY) / (TENANTS - 2);
  const tenants: Tenant[] = [];
  for (let number = 0; number < TENANTS; number += 1) {
    const { rows } = await client.query<{ id: string; user_id: string }>(
      `with person as (
         insert into identity.users (email, name) values ('t' || $1 || '@search.test', 'T') returning id
       )
       select tenancy.create_organization('Tenant ' || $1, p.id) as id, p.id as user_id from person p`,
      [number],
    );
    const chunks =
      number === 0
        ? FEW
        : number === 1
          ? MANY
          : Math.floor(rest * (number - 1)) - Math.floor(rest * (number - 2));
    tenants.push({
      id: rows[0]?.id ?? '',
      userId: rows[0]?.user_id ?? '',
      chunks,
      topics: embeddings.topics(),
    });
  }
  // The chunks of all tenants lie among each other, as they come.
  const left = tenants.map(({ chunks }) => chunks);
  const order = tenants.flatMap(({ chunks }, index) => Array.from({ length: chunks }, () => index));
  const next = numbersFrom(7);
  for (let place = order.length - 1; place > 0; place -= 1) {
    const other = Math.floor(next() * (place + 1));
    [order[place], order[other]] = [order[other] ?? 0, order[place] ?? 0];
  }
  for (let start = 0; start < order.length; start += 2_000) {
    const rows = order.slice(start, start + 2_000).map((index) => {
      const tenant = tenants[index]!;
      const { topic, text } = embeddings.about(tenant.topics);
      left[index] = (left[index] ?? 0) - 1;
      return { organization: tenant.id, topic, text };
    });
    await client.query(
      `with given as (
         select g.organization, g.topic, g.text, gen_random_uuid() as id
           from unnest($1::uuid[], $2::int[], $3::text[]) as g (organization, topic, text)
       ),
       documents as (
         insert into ai.search_documents
           (organization_id, namespace, id, read_permission, title, title_key, body, language, content_hash, search_vector)
         select g.organization, 'bench', g.id, 'ai.read', 'Topic ' || g.topic, 'topic ' || g.topic,
                'Notes about topic' || g.topic, 'english', md5(g.id::text)::uuid,
                to_tsvector('ai.english', 'Notes about topic' || g.topic)
           from given g
       )
       insert into ai.embeddings
         (organization_id, namespace, document_id, chunk, model_id, read_permission, starts_at, characters, embedding)
       select g.organization, 'bench', g.id, 0, m.id, 'ai.read', 0, 0,
              extensions.l2_normalize(g.text::extensions.halfvec)
         from given g, ai.embedding_models m where m.status = 'active'`,
      [
        rows.map((row) => row.organization),
        rows.map((row) => row.topic),
        rows.map((row) => row.text),
      ],
    );
  }
  return tenants;
}

/** Acts as the owner of a tenant. */
async function asTenant<T>(
  database: Database,
  tenant: Tenant,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool('callboard_authenticator').connect();
  try {
    await client.query('begin read only');
    const { name, values } = enteringCall({
      requestId: 'bench',
      session: { userId: tenant.userId, organizationId: tenant.id, sessionId: undefined },
      apiKey: undefined,
    });
    const places = values.map((_value, index) => `$${index + 1}`).join(', ');
    await client.query(`select set_config('role', 'callboard_member', true), ${name}(${places})`, [
      ...values,
    ]);
    return await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

type Query = { readonly text: string; readonly embedding: string };

const list = (embedding: string) => `{${embedding.slice(1, -1)}}`;

/** What pgvector itself does: the index, going on until the tenant has ten, with the condition written out. */
async function bare(
  client: PoolClient,
  model: number,
  tenant: Tenant,
  { embedding }: Query,
): Promise<string[]> {
  const { rows } = await client.query<{ document_id: string }>(
    `select document_id from ai.embeddings_${model}
      where organization_id = $1
      order by (embedding::extensions.halfvec(${DIMENSION})) operator(extensions.<=>) $2::extensions.halfvec(${DIMENSION})
      limit ${WANTED}`,
    [tenant.id, embedding],
  );
  return rows.map((row) => row.document_id);
}

/** The same and a ranking of texts, fused and with snippets, in one statement with every condition written out. */
async function both(
  client: PoolClient,
  model: number,
  tenant: Tenant,
  { text, embedding }: Query,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `with query as materialized (select websearch_to_tsquery('ai.english', $3) as words),
     by_meaning as materialized (
       select n.document_id as id, row_number() over (order by n.distance) as place
         from (select document_id,
                      (embedding::extensions.halfvec(${DIMENSION})) operator(extensions.<=>) $2::extensions.halfvec(${DIMENSION}) as distance
                 from ai.embeddings_${model}
                where organization_id = $1
                order by (embedding::extensions.halfvec(${DIMENSION})) operator(extensions.<=>) $2::extensions.halfvec(${DIMENSION})
                limit ${DEPTH}) n
     ),
     by_words as materialized (
       select w.id, row_number() over (order by w.rank desc, w.id) as place
         from (select d.id, ts_rank_cd('{0.1,0.2,0.4,1.0}', d.search_vector, q.words, 1) as rank
                 from query q, ai.search_documents d
                where d.organization_id = $1 and d.search_vector @@ q.words
                order by rank desc, d.id
                limit ${DEPTH}) w
     ),
     page as (
       select f.id, sum(1.0 / (60 + f.place)) as score
         from (select * from by_meaning union all select * from by_words) f
        group by f.id
        order by score desc, f.id
        limit ${WANTED}
     )
     select p.id, d.title, ts_headline('ai.english', d.body, q.words) as snippet
       from query q, page p
       join ai.search_documents d on d.organization_id = $1 and d.namespace = 'bench' and d.id = p.id
      order by p.score desc, p.id`,
    [tenant.id, embedding, text],
  );
  return rows.map((row) => row.id);
}

async function search(
  client: PoolClient,
  { text, embedding }: Query,
  vectorOnly: boolean,
  count = WANTED,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    'select id from ai.hybrid_search($1, $2::real[], -1, $3, text_weight => $4)',
    [vectorOnly ? null : text, list(embedding), count, vectorOnly ? 0 : 1],
  );
  return rows.map((row) => row.id);
}

const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** Measures searches among 200 000 chunks of 200 tenants, of which one has 20 and one 40 000. */
export async function measureSearch(server: string): Promise<SearchFigures> {
  const name = 'callboard_bench_search';
  await administer(server, `drop database if exists ${name} with (force)`);
  await administer(server, `create database ${name}`);
  const database = await openDatabase({ databaseUrl: addressOf(server, name), dataDir: '' });
  try {
    await migrate(database);
    const embeddings = new Embeddings();
    const owner = await database.pool().connect();
    try {
      const { rows: made } = await owner.query<{ id: number }>(
        "select ai.use_embedding_model('endpoint', 'bench', $1) as id",
        [DIMENSION],
      );
      const model = made[0]?.id ?? 0;
      const index = `ai.embeddings_${model}_nearest`;
      const { rows: defined } = await owner.query<{ definition: string }>(
        'select pg_get_indexdef($1::regclass) as definition',
        [index],
      );
      // Many at a time are sorted in more quickly than one by one.
      await owner.query(`drop index ${index}`);
      const tenants = await fill(owner, embeddings);
      await owner.query(
        "set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 2",
      );
      const indexSeconds =
        (await milliseconds(() => owner.query(defined[0]?.definition ?? ''))) / 1000;
      await owner.query('reset all');
      await owner.query(`select ai.count_embeddings($1)`, [model]);
      await owner.query('vacuum (analyze) ai.search_documents');
      await owner.query(`vacuum (analyze) ai.embeddings_${model}`);

      await owner.query(
        `set hnsw.iterative_scan = 'strict_order'; set hnsw.ef_search = ${EF_SEARCH};
         set hnsw.max_scan_tuples = 200000; set enable_sort = off; set jit = off`,
      );
      const queriesOf = (tenant: Tenant): Query[] =>
        Array.from({ length: QUERIES }, () => {
          const { topic, text } = embeddings.about(tenant.topics);
          return { text: `notes topic${topic}`, embedding: text };
        });
      const usual = tenants
        .slice(2, 2 + QUERIES)
        .map((tenant) => ({ tenant, query: queriesOf(tenant)[0]! }));
      const large = queriesOf(tenants[1]!).map((query) => ({ tenant: tenants[1]!, query }));

      const exact = async (client: PoolClient, tenant: Tenant, { embedding }: Query) => {
        const { rows } = await client.query<{ document_id: string }>(
          `select document_id from ai.embeddings_${model} where organization_id = $1
            order by (embedding operator(extensions.<=>) $2::extensions.halfvec) + 0 limit ${WANTED}`,
          [tenant.id, embedding],
        );
        return new Set(rows.map((row) => row.document_id));
      };
      const recallOf = async (asked: typeof usual) => {
        const found = { bare: 0, vector: 0 };
        for (const { tenant, query } of asked) {
          const nearest = await exact(owner, tenant, query);
          const answers = {
            bare: await bare(owner, model, tenant, query),
            vector: await asTenant(database, tenant, (client) => search(client, query, true)),
          };
          for (const side of ['bare', 'vector'] as const) {
            found[side] += answers[side].filter((id) => nearest.has(id)).length;
          }
        }
        const all = asked.length * WANTED;
        return { bare: found.bare / all, vector: found.vector / all };
      };
      const latencies = (asked: typeof usual) => {
        const each =
          (work: (client: PoolClient, tenant: Tenant, query: Query) => Promise<unknown>) =>
          async () => {
            let spent = 0;
            for (const { tenant, query } of asked) {
              await asTenant(database, tenant, async (client) => {
                spent += await milliseconds(() => work(client, tenant, query));
              });
            }
            return spent / asked.length;
          };
        return takeTurns<Side>(
          {
            bare: each((_client, tenant, query) => bare(owner, model, tenant, query)),
            vector: each((client, _tenant, query) => search(client, query, true)),
            both: each((_client, tenant, query) => both(owner, model, tenant, query)),
            hybrid: each((client, _tenant, query) => search(client, query, false)),
          },
          ROUNDS,
        );
      };
      const smallest = tenants[0]!;
      const few = await asTenant(database, smallest, (client) =>
        search(client, queriesOf(smallest)[0]!, true, FEW),
      );
      return {
        indexSeconds,
        recall: { usual: await recallOf(usual), large: await recallOf(large) },
        usual: await latencies(usual),
        large: await latencies(large),
        few: few.length,
      };
    } finally {
      owner.release();
    }
  } finally {
    await database.close();
    await administer(server, `drop database if exists ${name} with (force)`);
  }
}
