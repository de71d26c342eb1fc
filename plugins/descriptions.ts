import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLSchema,
} from 'postgraphile/graphql';
import { fieldOf } from './names.ts';

type Named = { readonly name: string };
type Described = { description?: string | null | undefined };
type FieldLike = Named &
  Described & { readonly type: unknown; readonly args?: readonly Argument[] };
type Argument = Named & Described & { readonly type: unknown };

/** Why a function has the rights of its owner is for those who read SQL. */
const DEFINER = /\s*Definer: [^]*$/;
/** A name as SQL has it, outside of paths such as `projects.project_tasks`, and where a table comes from. */
const SNAKE = /\(seeds? [^)]*\)|(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?!\w|\.\w)/g;

/** Names in the API's own spelling, of those that clients find near it; values such as `in_review` stay. */
function rewrite(described: Described, near: ReadonlySet<string>): void {
  const { description } = described;
  if (!description) return;
  described.description = description
    .replace(DEFINER, '')
    .replace(SNAKE, (name) => (near.has(fieldOf(name)) ? fieldOf(name) : name));
}

const namesOf = (named: Iterable<Named>): string[] => [...named].map(({ name }) => name);

/** The fields of a type, whatever lists and bangs are around it. */
function fieldsOf(type: unknown): readonly FieldLike[] {
  const named = getNamedType(type as never) as unknown;
  return isObjectType(named) || isInterfaceType(named) || isInputObjectType(named)
    ? (Object.values(named.getFields()) as readonly FieldLike[])
    : [];
}

/** What is within two levels below an argument: the fields of an input, and of what is in it. */
const below = ({ type }: Argument): string[] =>
  fieldsOf(type).flatMap((field) => [field.name, ...namesOf(fieldsOf(field.type))]);

function rewriteField(field: FieldLike, near: readonly string[]): void {
  const { args = [], type } = field;
  const names = new Set([
    ...near,
    ...namesOf(args),
    ...args.flatMap(below),
    ...namesOf(fieldsOf(type)),
  ]);
  rewrite(field, names);
  for (const argument of args) rewrite(argument, names);
}

/** Has the descriptions of a schema speak of the API, not of SQL. */
function rewriteDescriptions(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const fields = fieldsOf(type);
    const near = namesOf(fields);
    rewrite(type, new Set(near));
    for (const field of fields) rewriteField(field, near);
    if (isEnumType(type)) for (const value of type.getValues()) rewrite(value, new Set(near));
  }
}

export const DescriptionsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardDescriptionsPlugin',
  description: 'Comments of the database as documentation of the API.',
  version: '1.0.0',
  schema: {
    hooks: {
      finalize(schema) {
        rewriteDescriptions(schema);
        return schema;
      },
    },
  },
};
