import type { PgResource, WithPgClient } from 'postgraphile/@dataplan/pg';
import {
  access,
  context,
  lambda,
  object,
  SafeError,
  type FieldArgs,
  type Step,
} from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import type { EmbedQuery } from '../../server/embeddings/queries.ts';
import { searchTypes } from './documentation.ts';

/** What `ai.hybrid_search` and `ai.global_search` answer, a row each. */
type Hit = {
  readonly namespace: string;
  readonly id: string;
  readonly key: string | null;
  readonly title: string;
  readonly snippet: string;
  readonly score: number;
  readonly text_rank: number | null;
  readonly text_score: number | null;
  readonly vector_rank: number | null;
  readonly similarity: number | null;
  readonly matched_by: string;
  readonly metadata: unknown;
};

type Arguments = {
  readonly query: string;
  readonly types?: readonly string[] | null;
  readonly namespace?: string | null;
  readonly first?: number | null;
  readonly offset?: number | null;
  readonly threshold?: number | null;
  readonly textWeight?: number | null;
  readonly vectorWeight?: number | null;
};

type Request = {
  readonly context: {
    readonly pgSettings: Record<string, string | undefined>;
    readonly withPgClient: WithPgClient;
  };
  readonly args: Arguments;
};

type Client = Parameters<Parameters<WithPgClient>[1]>[0];

type Model = {
  readonly id: number;
  readonly provider: string;
  readonly model: string;
  readonly dimension: number;
};

/** A hit, or none, and what is the same in each row: the model that the search compared by. */
type HybridRow = (Hit | { readonly id: null }) & {
  readonly model_id: number | null;
  readonly provider: string | null;
};

export type SearchOptions = {
  /** Absent: the database embeds queries, or nobody does. */
  readonly embedQuery?: EmbedQuery | undefined;
};

/** The type of what users have put into the search. */
const DOCUMENT = 'Document';
const MOST = 100;
const STANDARD = 20;
/** Characters of a query. */
const LONGEST = 4_000;

const COLUMNS = `s.namespace, s.id, s.key, s.title, s.snippet, s.score, s.text_rank, s.text_score, s.vector_rank, s.similarity,
  s.matched_by, s.metadata`;

function refuse(message: string, field: string, hint?: string): never {
  throw new SafeError(message, { code: 'INVALID_INPUT', field, ...(hint ? { hint } : {}) });
}

/** `hybridSearch` and `globalSearch`: everything that can be found, under the names that clients know. */
export const searchPlugin = ({ embedQuery }: SearchOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const typeOf = new Map<string, string>();
    const tableOf = new Map<string, string>();
    for (const resource of Object.values(build.pgResources) as PgResource[]) {
      const { schemaName, name } = resource.extensions?.pg ?? {};
      if (resource.parameters || !resource.codec.attributes || !schemaName || !name) continue;
      const type = build.inflection.tableType(resource.codec as never);
      typeOf.set(`${schemaName}.${name}`, type);
      tableOf.set(type, `${schemaName}.${name}`);
    }

    /** What the embeddings are made by that searches compare with. */
    async function modelOf(client: Client): Promise<Model | undefined> {
      const { rows } = await client.query<Model>({
        text: "select id, provider, model, dimension from ai.embedding_models where status = 'active'",
      });
      return rows[0];
    }

    /** Tables and namespaces that types stand for; null for all. */
    async function namespacesOf(client: Client, { types, namespace }: Arguments) {
      if (types == null) return namespace == null ? null : [namespace];
      const unknown = types.find((type) => type !== DOCUMENT && !tableOf.has(type));
      if (unknown !== undefined) {
        refuse(`There is no type ${unknown.slice(0, 100)} to look for.`, 'types');
      }
      const tables = types.flatMap((type) => tableOf.get(type) ?? []);
      if (!types.includes(DOCUMENT)) return tables;
      if (namespace != null) return [...tables, namespace];
      const { rows } = await client.query<{ namespaces: string[] }>({
        text: 'select ai.own_namespaces() as namespaces',
      });
      return [...tables, ...(rows[0]?.namespaces ?? [])];
    }

    function pageOf({ query, first, offset }: Arguments) {
      if (query.length > LONGEST) refuse(`A query has at most ${LONGEST} characters.`, 'query');
      const page = { first: first ?? STANDARD, offset: offset ?? 0 };
      if (page.first < 1 || page.first > MOST) {
        refuse(`first is ${page.first}, but has to be 1 to ${MOST}.`, 'first');
      }
      if (page.offset < 0 || page.offset > 5_000) {
        refuse(`offset is ${page.offset}, but has to be 0 to 5000.`, 'offset');
      }
      return page;
    }

    function resultOf(rows: readonly Hit[], first: number, searchedMeaning: boolean) {
      return {
        hits: rows.slice(0, first).map((row) => {
          const type = typeOf.get(row.namespace);
          return {
            type: type ?? DOCUMENT,
            rowId: row.id,
            namespace: type ? null : row.namespace,
            key: row.key,
            title: row.title,
            snippet: row.snippet,
            matchedBy: row.matched_by,
            score: row.score,
            textRank: row.text_rank,
            textScore: row.text_score,
            vectorRank: row.vector_rank,
            similarity: row.similarity,
            metadata: type ? null : row.metadata,
            nodeId: type
              ? (build.getNodeIdHandler?.(type)?.codec.encode([type, row.id]) ?? null)
              : null,
          };
        }),
        hasNextPage: rows.length > first,
        searchedMeaning,
      };
    }

    async function hybrid({ context: current, args }: Request) {
      const { first, offset } = pageOf(args);
      const { query, threshold, textWeight, vectorWeight } = args;
      const isWanted = (vectorWeight ?? 1) > 0 && query.trim() !== '';
      let embedding: readonly number[] | null = null;
      let embeddedBy: number | null = null;
      if (isWanted && embedQuery) {
        // No transaction is open while the endpoint works.
        const model = await current.withPgClient(current.pgSettings, modelOf);
        if (model?.provider === 'endpoint') {
          embedding = await embedQuery(query, model);
          embeddedBy = model.id;
        }
      }
      return current.withPgClient(current.pgSettings, async (client) => {
        const namespaces = await namespacesOf(client, args);
        const { rows } = await client.query<HybridRow>({
          // Another model may have taken over meanwhile: with its embeddings this one cannot be compared.
          text: `select (a.model).id as model_id, (a.model).provider, ${COLUMNS}
                   from (select (select m from ai.embedding_models m where m.status = 'active') as model) a
                   left join lateral ai.hybrid_search(
                          $1, case when (a.model).id = $9 then $2::real[] end, $3, $4, null, $5, $6, $7, skip => $8
                        ) with ordinality s on true
                  order by s.ordinality`,
          values: [
            query,
            embedding === null ? null : `{${embedding.join(',')}}`,
            threshold ?? null,
            first + 1,
            namespaces,
            textWeight ?? 1,
            vectorWeight ?? 1,
            offset,
            embeddedBy,
          ],
        });
        const [searched] = rows;
        const searchedMeaning =
          isWanted &&
          (searched?.provider === 'built_in' ||
            (embedding !== null && searched?.model_id === embeddedBy));
        const hits = rows.filter((row): row is HybridRow & Hit => row.id !== null);
        return resultOf(hits, first, searchedMeaning);
      });
    }

    function typed({ context: current, args }: Request) {
      const { first, offset } = pageOf(args);
      return current.withPgClient(current.pgSettings, async (client) => {
        const namespaces = await namespacesOf(client, args);
        const { rows } = await client.query<Hit>({
          text: `select ${COLUMNS} from ai.global_search($1, $2, $3, $4) s`,
          values: [args.query, namespaces, first + 1, offset],
        });
        return resultOf(rows, first, false);
      });
    }

    const plan =
      (search: (request: Request) => Promise<unknown>) => (_$root: Step, args: FieldArgs) =>
        lambda(
          object({ context: context() as Step, args: args.getRaw() }) as unknown as Step<Request>,
          search,
        );

    return {
      typeDefs: searchTypes,
      enums: {
        SearchMatch: {
          values: {
            BOTH: { value: 'both' },
            WORDS: { value: 'words' },
            MEANING: { value: 'meaning' },
            CODE: { value: 'code' },
            SPELLING: { value: 'spelling' },
          },
        },
      },
      objects: {
        SearchHit: {
          plans: {
            // The interface goes from the node id to the row, under the caller's rights like everything else.
            entity: ($hit: Step) => access($hit, 'nodeId'),
          },
        },
        Query: { plans: { hybridSearch: plan(hybrid), globalSearch: plan(typed) } },
      },
    };
  }, 'CallboardSearchPlugin');
