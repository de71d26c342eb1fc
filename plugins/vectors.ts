import { TYPES } from 'postgraphile/@dataplan/pg';
import { gatherConfig } from 'postgraphile/graphile-build';

/** Types of pgvector, which are only handed from one function of the database to the next. */
const VECTORS = new Set(['vector', 'halfvec']);

/** Lets PostGraphile know embeddings, as the texts that they are on the wire. No client meets them. */
export const VectorsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardVectorsPlugin',
  description: 'Gives the types of pgvector a codec.',
  version: '1.0.0',
  gather: gatherConfig({
    namespace: 'callboardVectors' as never,
    hooks: {
      pgCodecs_findPgCodec(_info, event) {
        if (!event.pgCodec && VECTORS.has(event.pgType.typname)) event.pgCodec = TYPES.text;
      },
    },
  }),
};
