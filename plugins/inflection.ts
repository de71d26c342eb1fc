import type { PgCodecWithAttributes, PgRegistry, PgResource } from 'postgraphile/@dataplan/pg';
import { hasNoWayBack } from './back-relations.ts';
import { attributeWords, namingColumns, TENANT_COLUMN } from './names.ts';

type Key = { codec: PgCodecWithAttributes; attributeName: string; skipRowId?: boolean };
type RelationDetails = { registry: PgRegistry; codec: PgCodecWithAttributes; relationName: string };

const relationOf = ({ registry, codec, relationName }: RelationDetails) => {
  const relation = registry.pgRelations[codec.name as string]?.[relationName];
  if (!relation) throw new Error(`There is no relation ${relationName} on ${codec.name}.`);
  return relation;
};

/** Whether the relation is the only one by which this table has a list of those rows. */
function isOnlyRelation(details: RelationDetails): boolean {
  const relation = relationOf(details);
  const alike = Object.values(
    details.registry.pgRelations[details.codec.name as string] ?? {},
  ).filter(
    (other) =>
      other.isReferencee &&
      other.remoteResource === relation.remoteResource &&
      (other === relation || !hasNoWayBack(other)),
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
      // Catalogs are referred to by words: `metric_key` leads to a `metric`.
      _getBaseName: (previous, _preset, attributeName) =>
        previous!(attributeName) ?? /^(.+)_key$/.exec(attributeName)?.[1] ?? null,
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
      // Where several ways lead there, by what this row is to those: a manager has `projectsAsManager`.
      _manyRelationRaw(previous, _preset, details) {
        const { remoteResource, remoteAttributes } = relationOf(details);
        const [column] = namingColumns(remoteAttributes);
        if (column === undefined) return previous!(details);
        const table = remoteResource.codec as PgCodecWithAttributes;
        const rows = this.pluralize(this.tableType(table));
        const part = this._getBaseName(
          this._attributeName({ codec: table, attributeName: column }),
        );
        if (part === null) return `${rows}-by-${this._joinAttributeNames(table, [column])}`;
        const here = this._singularizedCodecName(details.codec);
        return `${rows}-as-${part.endsWith(`_${here}`) ? part.slice(0, -here.length - 1) : part}`;
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
