import { Kind, type ValueNode } from 'postgraphile/graphql';
import { Sum, type Factor } from './sum.ts';

/** Levels of lists and objects in a value of a document: none in a number. */
export function depthOfLiteral(node: ValueNode): number {
  const below =
    node.kind === Kind.LIST
      ? node.values
      : node.kind === Kind.OBJECT
        ? node.fields.map(({ value }) => value)
        : undefined;
  return below ? 1 + Math.max(0, ...below.map(depthOfLiteral)) : 0;
}

/**
 * Levels of lists and objects in a value that came as JSON. Goes by steps, not by calling itself, since JSON may be deeper than
 * the stack; stops above `limit`.
 */
export function depthOf(value: unknown, limit: number): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth += 1) {
    const below: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'object' && each !== null) below.push(each);
    }
    if (below.length === 0 || depth > limit) return depth;
    level = below.flatMap((each): unknown[] => Object.values(each as object));
  }
}

/**
 * Keys of that object, among those in a value that came as JSON, which has most; with those of the objects right in it. That
 * is what an error about it is written of. Stops above `limit`.
 */
export function keysOf(value: unknown, limit: number): number {
  const open = [value];
  let most = 0;
  while (open.length > 0 && most <= limit) {
    const each = open.pop();
    if (typeof each !== 'object' || each === null) continue;
    const below = Object.values(each);
    let keys = below.length;
    for (const inner of below) {
      if (typeof inner !== 'object' || inner === null) continue;
      open.push(inner);
      if (!Array.isArray(inner)) keys += Object.keys(inner as object).length;
    }
    if (!Array.isArray(each)) most = Math.max(most, keys);
  }
  return most;
}

const isLarge = (count: number) => count > 1_000_000;

/** Objects in a JSON value, itself included. */
function objectsIn(value: unknown): number {
  const open = [value];
  let count = 0;
  while (open.length > 0 && !isLarge(count)) {
    const each = open.pop();
    if (typeof each !== 'object' || each === null) continue;
    if (!Array.isArray(each)) count += 1;
    for (const below of Object.values(each)) open.push(below);
  }
  return count;
}

const itemsIn = (value: unknown): number =>
  value == null ? 0 : Array.isArray(value) ? value.length : 1;

const counting = (variable: string, count: (value: unknown) => number): Factor => ({
  most: Infinity,
  of: (values) => count(values(variable)),
});

const ONE = Sum.of(1);

function addObjects(sum: Sum, node: ValueNode): void {
  if (node.kind === Kind.VARIABLE) {
    sum.addTimes(counting(node.name.value, objectsIn), ONE);
  } else if (node.kind === Kind.LIST) {
    for (const value of node.values) addObjects(sum, value);
  } else if (node.kind === Kind.OBJECT) {
    sum.add(1);
    for (const { value } of node.fields) addObjects(sum, value);
  }
}

function addItems(sum: Sum, node: ValueNode): void {
  if (node.kind === Kind.VARIABLE) sum.addTimes(counting(node.name.value, itemsIn), ONE);
  else sum.add(node.kind === Kind.LIST ? node.values.length : 1);
}

/** Arguments that become conditions of an SQL statement, each object one or more. */
const FILTERS: ReadonlySet<string> = new Set(['filter', 'having']);
/** Arguments that become columns of `order by` and `group by`. */
const ORDERS: ReadonlySet<string> = new Set(['orderBy', 'groupBy']);

/** Adds the conditions that an argument makes. */
export function addConditions(sum: Sum, argument: string, value: ValueNode): void {
  if (FILTERS.has(argument)) addObjects(sum, value);
  else if (ORDERS.has(argument)) addItems(sum, value);
}
