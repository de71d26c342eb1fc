import type { PgCodecWithAttributes, PgRegistry, PgResource } from 'postgraphile/@dataplan/pg';
import { attributeWords, namingColumns, TENANT_COLUMN } from './names.ts';

type Key = { codec: PgCodecWithAttributes; attributeName: string; skipRowId?: boolean };
type RelationDetails = { registry: PgRegistry; codec: PgCodecWithAttributes; relationName: string };

const relationOf = ({ registry, codec, relationName }: RelationDetails) => {
  const relation = registry.pgRelations[codec.name as string]?.[relationName];
  if (!relation) throw new Error(`There is no relation ${relationName} on ${codec.name}.`);
  return relation;
};

/** Whether the relation is the only one by which rows of its table point at this one. */
function isOnlyRelation(details: RelationDetails): boolean {
  const relation = relationOf(details);
  const alike = Object.values(
    details.registry.pgRelations[details.codec.name as string] ?? {},
  ).filter(
    (other) =>
      other.isReferencee &&
      other.remoteResource === relation.remoteResource &&
      !namingColumns(other.remoteAttributes as string[]).some((column) => column.endsWith('_by')),
  );
  return alike.length === 1 && relation.remoteResource.codec !== details.codec;
}

/** The plural and the singular of the few hundred words there are, which are asked for tens of thousands of times. */
function remembered() {
  const known = new Map<string, string>();
  return (inflect: ((word: string) => string) | undefined, _preset: unknown, word: string) => {
    const inflected = known.get(word) ?? inflect!(word);
    known.set(word, inflected);
    return inflected;
  };
}

declare global {
  namespace GraphileBuild {
    interface Inflection {
      _attributeName(details: Key): string;
      _getBaseName(attributeName: string): string | null;
      _getBaseNameFromKeys(keys: readonly Key[]): string | null;
      _getOppositeBaseName(baseName: string): string | null;
      _manyRelation(details: RelationDetails): string;
      _manyRelationRaw(details: RelationDetails): string;
      distinctPluralize(word: string): string;
    }
  }
}

/**
 * Names read as if there were one tenant: no schema prefixes, nothing of `organization_id`, `project.projectTasks` where
 * there is one way to get there.
 */
export const InflectionPlugin: GraphileConfig.Plugin = {
  name: 'CallboardInflectionPlugin',
  description: 'Names fields and relations without the tenant.',
  version: '1.0.0',
  after: ['PgSimplifyInflectionPlugin'],
  inflection: {
    replace: {
      pluralize: remembered(),
      singularize: remembered(),
      _schemaPrefix: () => '',
      _attributeName(previous, _preset, details) {
        const attribute = details.codec.attributes[details.attributeName];
        if (attribute?.extensions?.tags?.name || details.codec.isAnonymous)
          return previous!(details);
        const words = attributeWords(details.attributeName);
        return words === 'row_id' && details.skipRowId ? 'id' : words;
      },
      _joinAttributeNames(previous, _preset, codec, names) {
        const own = names.filter((name) => name !== TENANT_COLUMN);
        return previous!(codec, own.length > 0 ? own : names);
      },
      _getBaseNameFromKeys(previous, _preset, keys) {
        const names = namingColumns(keys.map((key) => key.attributeName));
        return previous!(keys.filter((key) => names.includes(key.attributeName)));
      },
      _getOppositeBaseName(previous, _preset, baseName) {
        if (/^parent_/.test(baseName)) return 'child';
        return previous!(baseName);
      },
      _manyRelation(previous, _preset, details) {
        const relation = relationOf(details);
        if (relation.extensions?.tags?.['foreignFieldName'] || !isOnlyRelation(details)) {
          return previous!(details);
        }
        const table = relation.remoteResource.codec as PgCodecWithAttributes;
        return this.camelCase(this.distinctPluralize(this._singularizedCodecName(table)));
      },
      _manyRelationRaw(previous, _preset, details) {
        const { remoteResource, remoteAttributes } = relationOf(details);
        const columns = namingColumns(remoteAttributes);
        if (columns.length === 0) return previous!(details);
        const table = remoteResource.codec as PgCodecWithAttributes;
        return `${this.pluralize(this.tableType(table))}-by-${this._joinAttributeNames(table, columns)}`;
      },
      functionMutationResultFieldName(previous, _preset, details) {
        const resource = details.resource as PgResource;
        const { pgResources } = resource.registry as PgRegistry;
        const table = Object.values<PgResource>(pgResources).find(
          (other) => !other.parameters && other.codec === resource.codec && other.codec.attributes,
        );
        if (!table || resource.extensions?.tags?.['resultFieldName']) return previous!(details);
        return resource.isUnique
          ? this.tableFieldName(table)
          : this.camelCase(this.distinctPluralize(this._singularizedCodecName(resource.codec)));
      },
    },
  },
};
