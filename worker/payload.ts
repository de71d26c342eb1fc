import { PermanentFailure } from './failures.ts';

/**
 * What a value has to be. It gives the value back with its type, or throws a `Misfit` that says where it does not fit.
 *
 * @param path where the value is, such as `variables.name`; empty for the payload itself
 */
export type Shape<T> = (value: unknown, path: string) => T;

/** The type of what has a shape: `PayloadOf<typeof payload>`. */
export type PayloadOf<S> = S extends Shape<infer T> ? T : never;

/** A payload is not what its task asks for. Trying again would not help. */
export class Misfit extends PermanentFailure {
  override readonly name: string = 'Misfit';
}

/** What is there instead, without telling it: a payload may hold what nobody should read. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function refuse(value: unknown, path: string, expected: string): never {
  const place = path === '' ? 'the payload' : path;
  throw new Misfit(`${place} is ${kindOf(value)}, but has to be ${expected}`);
}

const within = (path: string, key: string | number) => (path === '' ? `${key}` : `${path}.${key}`);

const matching =
  (pattern: RegExp, expected: string): Shape<string> =>
  (value, path) =>
    typeof value === 'string' && pattern.test(value) ? value : refuse(value, path, expected);

/** Any text, also an empty one. */
export const text: Shape<string> = (value, path) =>
  typeof value === 'string' ? value : refuse(value, path, 'a text');

export const uuid: Shape<string> = matching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'an id',
);

/** A calendar day as Postgres writes it: `2026-02-28`. */
export const day: Shape<string> = matching(/^\d{4,}-\d{2}-\d{2}$/, 'a day');

/** A moment as Postgres writes it into JSON, with its offset: `2026-02-28T12:00:00+00:00`. */
export const instant: Shape<string> = matching(
  /^\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:\d{2})?)$/,
  'a moment with its offset',
);

/** A whole number that JavaScript holds exactly. Ids of bigint columns that may exceed that belong into texts. */
export const whole: Shape<number> = (value, path) =>
  Number.isSafeInteger(value) ? (value as number) : refuse(value, path, 'a whole number');

export const number: Shape<number> = (value, path) =>
  Number.isFinite(value) ? (value as number) : refuse(value, path, 'a number');

export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(value, path, 'true or false');

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Shape<T> =>
  (value, path) =>
    choices.find((each) => each === value) ?? refuse(value, path, `one of ${choices.join(', ')}`);

export const list =
  <T>(item: Shape<T>): Shape<readonly T[]> =>
  (value, path) =>
    Array.isArray(value)
      ? value.map((each, index) => item(each, within(path, index)))
      : refuse(value, path, 'a list');

/** An object with any keys, whose values have the shape. */
export const record =
  <T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value, path) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, each]) => [key, item(each, within(path, key))]),
        )
      : refuse(value, path, 'an object');

/** Says of an optional one that it is. */
const OPTIONAL = Symbol('optional');
type Optional<T> = Shape<T | undefined> & { readonly [OPTIONAL]: true };

/** What may be missing; null counts as missing. */
export const optional = <T>(shape: Shape<T>): Optional<T> =>
  Object.assign(
    (value: unknown, path: string) => (value == null ? undefined : shape(value, path)),
    { [OPTIONAL]: true as const },
  );

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type OptionalKeys<S extends Shapes> = {
  [K in keyof S]: S[K] extends Optional<unknown> ? K : never;
}[keyof S];
type Flat<T> = { readonly [K in keyof T]: T[K] };
type ObjectOf<S extends Shapes> = Flat<
  { [K in Exclude<keyof S, OptionalKeys<S>>]: PayloadOf<S[K]> } & {
    [K in OptionalKeys<S>]?: PayloadOf<S[K]>;
  }
>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * An object with these keys. Others are left out and no mistake: `request_id` and `_cron` come with every job, and a
 * database that is newer than the worker may say more.
 */
export const object =
  <const S extends Shapes>(shapes: S): Shape<ObjectOf<S>> =>
  (value, path) => {
    if (!isObject(value)) return refuse(value, path, 'an object');
    const entries = Object.entries(shapes).map(([key, shape]) => [
      key,
      shape(value[key], within(path, key)),
    ]);
    return Object.fromEntries(entries) as ObjectOf<S>;
  };

/** For tasks that need no payload, such as most of those of the timetable. */
export const nothing: Shape<unknown> = () => undefined;
