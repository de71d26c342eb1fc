import {
  getNamedType,
  GraphQLError,
  isInterfaceType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import { rowsOf, type PageSizes } from './rows.ts';
import { plus, Sum } from './sum.ts';
import { addConditions, depthOfLiteral } from './values.ts';
import { weightOf, type Weight } from './weights.ts';

/** What there is in a selection set and below it, fragments written out. */
class Figures {
  /** Levels of fields. */
  depth = 0;
  /** Levels of fields that ask about the schema. */
  introspection = 0;
  fields = 0;
  /** Fields on the first level. */
  rootFields = 0;
  aliases = 0;
  directives = 0;
  inputDepth = 0;
  readonly conditions = new Sum();
  /** What it costs, but for what counts for each row of the list that the selection set is of. */
  readonly cost = new Sum();
  readonly costOfRow = new Sum();

  /** Adds what is below a field; its levels and its cost are the field's own matter. */
  addBelow(below: Figures): void {
    this.fields = plus(this.fields, below.fields);
    this.aliases = plus(this.aliases, below.aliases);
    this.directives = plus(this.directives, below.directives);
    this.inputDepth = Math.max(this.inputDepth, below.inputDepth);
    this.introspection = Math.max(this.introspection, below.introspection);
    this.conditions.addTimes(1, below.conditions);
  }

  /** Adds the selections of a fragment. */
  addBeside(beside: Figures): void {
    this.addBelow(beside);
    this.depth = Math.max(this.depth, beside.depth);
    this.rootFields = plus(this.rootFields, beside.rootFields);
    this.cost.addTimes(1, beside.cost);
    this.costOfRow.addTimes(1, beside.costOfRow);
  }
}

/** What an operation asks for. */
export type OperationAnalysis = {
  readonly node: OperationDefinitionNode;
  readonly figures: Readonly<Figures>;
  /** Values of variables that the request leaves out. */
  readonly defaults: ReadonlyMap<string, unknown>;
};

/** What a document asks for. */
export type DocumentAnalysis = {
  readonly operations: readonly OperationAnalysis[];
  /** How many it has, used or not. */
  readonly fragments: number;
  /** The first field that asks about the schema, if any. */
  readonly introspection: FieldNode | undefined;
  /** Selections that were looked at: no more than the document has. */
  readonly visited: number;
};

const NOTHING: Readonly<Figures> = new Figures();

class Analyser {
  readonly #schema: GraphQLSchema;
  readonly #pages: PageSizes;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** Undefined while a fragment is looked at. */
  readonly #known = new Map<string, Figures | undefined>();
  introspection: FieldNode | undefined;
  visited = 0;

  constructor(schema: GraphQLSchema, document: DocumentNode, pages: PageSizes) {
    this.#schema = schema;
    this.#pages = pages;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.#fragments.set(definition.name.value, definition);
      }
    }
  }

  operation(node: OperationDefinitionNode): OperationAnalysis {
    const figures = new Figures();
    const defaults = new Map<string, unknown>();
    for (const { variable, defaultValue, directives } of node.variableDefinitions ?? []) {
      this.#directives(figures, directives);
      if (!defaultValue) continue;
      figures.inputDepth = Math.max(figures.inputDepth, depthOfLiteral(defaultValue));
      defaults.set(variable.name.value, valueFromASTUntyped(defaultValue));
    }
    this.#directives(figures, node.directives);
    const root = this.#schema.getRootType(node.operation) ?? undefined;
    figures.addBeside(this.#selections(node.selectionSet, root));
    return { node, figures, defaults };
  }

  #selections(node: SelectionSetNode, type: GraphQLNamedType | undefined): Figures {
    const figures = new Figures();
    for (const selection of node.selections) {
      this.visited += 1;
      this.#directives(figures, selection.directives);
      if (selection.kind === Kind.FIELD) {
        this.#field(figures, selection, type);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const { typeCondition, selectionSet } = selection;
        const own = typeCondition ? this.#schema.getType(typeCondition.name.value) : type;
        figures.addBeside(this.#selections(selectionSet, own));
      } else {
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment) figures.addBeside(this.#fragment(fragment));
      }
    }
    return figures;
  }

  #fragment(node: FragmentDefinitionNode): Figures {
    const name = node.name.value;
    const known = this.#known.get(name);
    if (known) return known;
    if (this.#known.has(name)) {
      throw new GraphQLError(`Cannot spread fragment "${name}" within itself.`, { nodes: node });
    }
    this.#known.set(name, undefined);
    const type = this.#schema.getType(node.typeCondition.name.value);
    const figures = this.#selections(node.selectionSet, type);
    this.#directives(figures, node.directives);
    this.#known.set(name, figures);
    return figures;
  }

  #field(figures: Figures, node: FieldNode, parent: GraphQLNamedType | undefined): void {
    const name = node.name.value;
    const field = parent && this.#definitionOf(parent, name);
    const type = field && getNamedType(field.type);
    const below = node.selectionSet ? this.#selections(node.selectionSet, type) : NOTHING;
    figures.addBelow(below);
    figures.fields = plus(figures.fields, 1);
    figures.rootFields = plus(figures.rootFields, 1);
    if (node.alias) figures.aliases = plus(figures.aliases, 1);
    if (name === '__schema' || name === '__type') {
      this.introspection ??= node;
      figures.introspection = Math.max(figures.introspection, 1 + below.depth);
    } else {
      figures.depth = Math.max(figures.depth, 1 + below.depth);
    }
    this.#values(figures, node.arguments ?? []);
    if (parent && field) this.#cost(figures, node, below, weightOf(this.#schema, parent, field));
  }

  #cost(figures: Figures, node: FieldNode, below: Figures, weight: Weight): void {
    const { cost, costOfRow } = figures;
    cost.add(weight.once);
    if (weight.below === 'rows') {
      costOfRow.add(weight.each);
      costOfRow.addTimes(1, below.cost);
    } else if (weight.below === 'one') {
      cost.addTimes(1, below.cost);
    } else {
      const rows = rowsOf(node.arguments ?? [], this.#pages);
      if (weight.below === 'page') cost.addTimes(1, below.cost);
      else cost.addTimes(rows, Sum.of(weight.each));
      cost.addTimes(rows, weight.below === 'page' ? below.costOfRow : below.cost);
    }
  }

  #values(figures: Figures, nodes: readonly ArgumentNode[]): void {
    for (const { name, value } of nodes) {
      figures.inputDepth = Math.max(figures.inputDepth, depthOfLiteral(value));
      addConditions(figures.conditions, name.value, value);
    }
  }

  #directives(figures: Figures, nodes: readonly DirectiveNode[] = []): void {
    figures.directives = plus(figures.directives, nodes.length);
    for (const node of nodes) this.#values(figures, node.arguments ?? []);
  }

  #definitionOf(
    parent: GraphQLNamedType,
    name: string,
  ): GraphQLField<unknown, unknown> | undefined {
    if (name === '__schema') return SchemaMetaFieldDef;
    if (name === '__type') return TypeMetaFieldDef;
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  }
}

/**
 * Reckons what a document asks for, before anything is done with it: each fragment is looked at once, however often it is
 * spread.
 *
 * @throws GraphQLError when a fragment spreads itself
 */
export function analyse(
  schema: GraphQLSchema,
  document: DocumentNode,
  pages: PageSizes,
): DocumentAnalysis {
  const analyser = new Analyser(schema, document, pages);
  const operations = document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => analyser.operation(definition));
  const { introspection, visited } = analyser;
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { operations, fragments: fragments.length, introspection, visited };
}
