import { compile } from 'html-to-text';
import { parsePart, TemplateError, type ParsedPart, type Part } from './liquid.ts';

/** A variable that a template declares. Without a default it has to be given with each mail. */
export type Variable = {
  readonly name: string;
  readonly description?: string | null;
  readonly default?: unknown;
  /** What previews put in. */
  readonly sample?: unknown;
};

/** A template as its author writes it. */
export type TemplateSource = {
  readonly subject: string;
  readonly html?: string | null | undefined;
  /** Absent: made of the HTML. */
  readonly text?: string | null | undefined;
  readonly variables: readonly Variable[];
};

/** A mail before links are signed. */
export type Rendered = {
  readonly subject: string;
  readonly html: string | undefined;
  readonly text: string;
};

/** What every mail has: nothing in it need be declared, and nothing else is in it. */
export const GIVEN: Readonly<Record<string, readonly string[] | null>> = {
  lead: [
    ...['first_name', 'last_name', 'full_name', 'email', 'company_name', 'job_title'],
    ...['city', 'country', 'locale'],
  ],
  organization: ['name', 'website'],
  unsubscribe_url: null,
};

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Words of Liquid, which as names would mean something else. */
const RESERVED = new Set([
  'forloop',
  'tablerowloop',
  'true',
  'false',
  'nil',
  'null',
  'empty',
  'blank',
]);
const MOST_VARIABLES = 100;

function checkDeclarations(variables: readonly Variable[]): void {
  if (variables.length > MOST_VARIABLES) {
    throw new TemplateError('variables', `There are more than ${MOST_VARIABLES} variables.`);
  }
  const seen = new Set<string>();
  for (const { name } of variables) {
    const at = { variable: name };
    if (!NAME.test(name)) {
      throw new TemplateError(
        'variables',
        `A variable is named by small letters, digits and underscores, and not "${name.slice(0, 80)}".`,
        at,
      );
    }
    if (RESERVED.has(name) || name in GIVEN) {
      throw new TemplateError('variables', `The name ${name} is taken.`, at);
    }
    if (seen.has(name))
      throw new TemplateError('variables', `The variable ${name} is declared twice.`, at);
    seen.add(name);
  }
}

/** Whether a path leads to something that mails have. */
function isKnown(path: readonly (string | number)[], declared: ReadonlySet<string>): boolean {
  const [root, field] = path;
  if (typeof root !== 'string') return false;
  if (declared.has(root)) return true;
  const fields = Object.hasOwn(GIVEN, root) ? GIVEN[root] : undefined;
  if (fields === undefined) return false;
  return fields === null
    ? path.length === 1
    : field === undefined || fields.includes(String(field));
}

function refuseUnknown(parts: readonly ParsedPart[], variables: readonly Variable[]): void {
  const declared = new Set(variables.map(({ name }) => name));
  for (const { part, uses } of parts) {
    for (const { path, line } of uses) {
      if (isKnown(path, declared)) continue;
      const variable = path.join('.');
      throw new TemplateError(
        part,
        `The variable ${variable} is used, but neither declared nor one that every mail has.`,
        { line, variable },
      );
    }
  }
}

/** Tags that HTML may have: making text of it takes the square of how deep elements are nested. */
const MOST_TAGS = 30_000;

function refuseTooManyTags(html: string): void {
  if ((html.match(/<\/?[a-z]/gi)?.length ?? 0) > MOST_TAGS) {
    throw new TemplateError('html', `it becomes more than ${MOST_TAGS} tags`);
  }
}

/** HTML as text: headings as they are, links with their addresses, no pictures. */
const textOf = compile({
  wordwrap: 78,
  limits: { maxDepth: 200 },
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
      selector,
      options: { uppercase: false },
    })),
  ],
});

/** A line break in a name would begin a new header. */
const onOneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

/** A template that has been checked, and renders. */
export class CompiledTemplate {
  readonly variables: readonly Variable[];
  readonly #subject: ParsedPart;
  readonly #html: ParsedPart | undefined;
  readonly #text: ParsedPart | undefined;

  /** @throws {TemplateError} when a part is no Liquid, or uses what is neither declared nor given */
  constructor({ subject, html, text, variables }: TemplateSource) {
    if (subject.trim() === '') throw new TemplateError('subject', 'A mail needs a subject.');
    checkDeclarations(variables);
    const parse = (part: Part, source: string | null | undefined) =>
      source == null || source.trim() === '' ? undefined : parsePart(part, source);
    this.variables = variables;
    this.#subject = parsePart('subject', subject);
    this.#html = parse('html', html);
    this.#text = parse('text', text);
    if (!this.#html && !this.#text) {
      throw new TemplateError('html', 'A mail needs HTML or text.');
    }
    const parts = [this.#subject, this.#html, this.#text].filter((part) => part !== undefined);
    refuseUnknown(parts, variables);
  }

  /** Whether the mail says itself how to unsubscribe. */
  get hasUnsubscribeLink(): boolean {
    return [this.#html, this.#text]
      .filter((part) => part !== undefined)
      .every(({ uses }) => uses.some(({ path }) => path[0] === 'unsubscribe_url'));
  }

  /** The declared variables that are neither given nor have a default. */
  missing(given: Readonly<Record<string, unknown>>): string[] {
    return this.variables
      .filter((variable) => !('default' in variable) && given[variable.name] == null)
      .map(({ name }) => name);
  }

  /**
   * Renders it.
   *
   * @param context `lead`, `organization`, `unsubscribe_url`, and the template's variables; defaults are put in
   * @throws {TemplateError} when it takes too long or grows too large
   */
  render(context: Readonly<Record<string, unknown>>): Rendered {
    const defaults = this.variables
      .filter((variable) => 'default' in variable && context[variable.name] == null)
      .map(({ name, default: value }) => [name, value] as const);
    const whole = defaults.length === 0 ? context : { ...context, ...Object.fromEntries(defaults) };
    const html = this.#html?.render(whole);
    if (html !== undefined) refuseTooManyTags(html);
    return {
      subject: onOneLine(this.#subject.render(whole)).slice(0, 998),
      html,
      text: this.#text ? this.#text.render(whole) : textOf(html ?? ''),
    };
  }
}
