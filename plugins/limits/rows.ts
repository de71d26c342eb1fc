import { Kind, type ArgumentNode, type ValueNode } from 'postgraphile/graphql';
import type { Limits } from './limits.ts';
import type { Factor, VariableValues } from './sum.ts';

/** How many rows lists have. */
export type PageSizes = {
  /** When nothing is said. */
  readonly standard: number;
  /** At most. */
  readonly most: number;
};

/** Rows that a list has when nobody says how many. */
export const DEFAULT_PAGE_SIZE = 50;

export const pageSizes = ({ pageSize }: Limits): PageSizes => ({
  standard: Math.min(DEFAULT_PAGE_SIZE, pageSize),
  most: pageSize,
});

/** Reads `first` or `last`; undefined when it says nothing, or no number, which is refused elsewhere. */
type Count = (values: VariableValues) => number | undefined;

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : undefined;

function countOf(node: ValueNode | undefined): Count {
  if (node?.kind === Kind.VARIABLE) return (values) => numberOf(values(node.name.value));
  const written = node?.kind === Kind.INT ? numberOf(Number(node.value)) : undefined;
  return () => written;
}

/** Rows that a list asks for with `first` and `last`: a number, or one that depends on variables. */
export function rowsOf(
  nodes: readonly ArgumentNode[],
  { standard, most }: PageSizes,
): Factor | number {
  const valueOf = (name: string) => nodes.find((node) => node.name.value === name)?.value;
  const [first, last] = [valueOf('first'), valueOf('last')];
  const [firstOf, lastOf] = [countOf(first), countOf(last)];
  const rows = (values: VariableValues) => {
    const counts = [firstOf(values), lastOf(values)].filter((count) => count !== undefined);
    return counts.length === 0 ? standard : Math.min(most, ...counts);
  };
  const isVariable = [first, last].some((node) => node?.kind === Kind.VARIABLE);
  return isVariable ? { most, of: rows } : rows(() => null);
}
