import type { DocumentAnalysis, OperationAnalysis } from './analyse.ts';
import { INTROSPECTION_DEPTH, type Limits } from './limits.ts';
import type { Excess } from './refusal.ts';
import type { VariableValues } from './sum.ts';
import { depthOf, keysOf } from './values.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What is too much in an operation, whatever its variables are. */
function excessOfOperation({ figures }: OperationAnalysis, limits: Limits): Excess | undefined {
  const { conditions, cost, introspection } = figures;
  const introspectionDepth = Math.max(INTROSPECTION_DEPTH, limits.depth);
  if (introspection > introspectionDepth) {
    return { measure: 'depth', limit: introspectionDepth, value: introspection };
  }
  const values = { ...figures, cost: cost.constant ?? 0, conditions: conditions.constant ?? 0 };
  // From what an error explains best to what it explains least.
  const measures = [
    ...(['depth', 'rootFields', 'aliases', 'directives', 'inputDepth', 'conditions'] as const),
    ...(['fields', 'cost'] as const),
  ];
  for (const measure of measures) {
    const [value, limit] = [values[measure], limits[measure]];
    if (value > limit) return { measure, limit, value };
  }
  return undefined;
}

/** What is too much in a document, whatever its variables are, and in which of its operations. */
export function excessOf(
  { operations, fragments }: DocumentAnalysis,
  limits: Limits,
): (Excess & { readonly operation?: OperationAnalysis }) | undefined {
  const values = { operations: operations.length, fragments };
  for (const measure of ['operations', 'fragments'] as const) {
    const [value, limit] = [values[measure], limits[measure]];
    if (value > limit) return { measure, limit, value };
  }
  for (const operation of operations) {
    const excess = excessOfOperation(operation, limits);
    if (excess) return { ...excess, operation };
  }
  return undefined;
}

/** The values of variables, with the defaults of those that a request leaves out. */
const valuesIn =
  (variables: Variables, defaults: OperationAnalysis['defaults']): VariableValues =>
  (name) =>
    Object.hasOwn(variables, name) ? variables[name] : defaults.get(name);

/** What an operation costs with these variables. */
export function costOf({ figures, defaults }: OperationAnalysis, variables: Variables): number {
  return figures.cost.constant ?? figures.cost.evaluate(valuesIn(variables, defaults));
}

/** What is too much with these variables, in an operation that is not too much by itself. */
export function excessWith(
  operation: OperationAnalysis,
  variables: Variables,
  limits: Limits,
): Excess | undefined {
  const depth = depthOf(variables, limits.inputDepth + 1) - 1;
  if (depth > limits.inputDepth) {
    return { measure: 'inputDepth', limit: limits.inputDepth, value: depth };
  }
  const keys = Math.max(
    0,
    ...Object.values(variables).map((each) => keysOf(each, limits.inputKeys)),
  );
  if (keys > limits.inputKeys) {
    return { measure: 'inputKeys', limit: limits.inputKeys, value: keys };
  }
  const { conditions } = operation.figures;
  if (conditions.constant === undefined) {
    const value = conditions.evaluate(valuesIn(variables, operation.defaults));
    if (value > limits.conditions) {
      return { measure: 'conditions', limit: limits.conditions, value };
    }
  }
  if (operation.figures.cost.constant === undefined) {
    const value = costOf(operation, variables);
    if (value > limits.cost) return { measure: 'cost', limit: limits.cost, value };
  }
  return undefined;
}

/** The operation that a request names, or the only one; undefined when there is none such. */
export function operationOf(
  { operations }: DocumentAnalysis,
  name: string | null | undefined,
): OperationAnalysis | undefined {
  if (name == null) return operations.length === 1 ? operations[0] : undefined;
  return operations.find(({ node }) => node.name?.value === name);
}
