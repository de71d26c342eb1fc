/** A setting is wrong or missing. The message is one line: which one, and what is expected. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** The variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as it stands; undefined when it is missing or empty. */
export function textOf(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

/** @throws {SettingsError} when it is no whole number of that range */
export function integerOf(
  environment: Environment,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new SettingsError(
      `${name} is "${text}", but has to be a whole number from ${minimum} to ${maximum}.`,
    );
  }
  return value;
}

/** @throws {SettingsError} when it is no address with one of the protocols */
export function addressOf(
  environment: Environment,
  name: string,
  protocols: readonly string[],
  example: string,
) {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  // What is wrong is not repeated: a database address has a password in it.
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
    throw new SettingsError(`${name} is no address of the form ${example}.`);
  }
  return text;
}

/** @throws {SettingsError} when it is neither on nor off */
export function switchOf(environment: Environment, name: string, fallback: boolean): boolean {
  const text = textOf(environment, name)?.toLowerCase();
  if (text === undefined) return fallback;
  if (['on', 'true', '1', 'yes'].includes(text)) return true;
  if (['off', 'false', '0', 'no'].includes(text)) return false;
  throw new SettingsError(`${name} is "${text}", but has to be on or off.`);
}

/** @throws {SettingsError} when it is none of the choices */
export function choiceOf<T extends string>(
  environment: Environment,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = textOf(environment, name)?.toLowerCase();
  if (text === undefined) return fallback;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new SettingsError(`${name} is "${text}", but has to be one of ${choices.join(', ')}.`);
}

/** The parts of a list with commas. */
export const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
