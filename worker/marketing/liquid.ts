import { Liquid, LiquidError, type Template } from 'liquidjs';

/** Characters that a part of a template may have. */
const LONGEST_SOURCE = 262_144;

/** What a render may use: milliseconds, and what liquidjs counts as memory. */
const RENDER_MS = 1_000;
const MEMORY = 5_000_000;
/** Characters that a part may have once it is rendered: what is done with it afterwards no clock stops. */
const LONGEST_RENDERED = 1_000_000;

/** Tags that read other files. There are none. */
const TAGS_THAT_READ = ['include', 'render', 'layout', 'block'] as const;
/** Filters that would write unescaped, or have an expression in a text, where no analysis sees its variables. */
const FILTERS_LEFT_OUT = [
  'raw',
  ...['where', 'reject', 'group_by', 'has', 'find', 'find_index'].map((name) => `${name}_exp`),
] as const;

function engineOf(escape: boolean): Liquid {
  const engine = new Liquid({
    ...(escape ? { outputEscape: 'escape' as const } : {}),
    strictFilters: true,
    ownPropertyOnly: true,
    // No file is ever looked for: what there is, is nothing.
    templates: {},
    parseLimit: LONGEST_SOURCE,
    renderLimit: RENDER_MS,
    memoryLimit: MEMORY,
  });
  for (const tag of TAGS_THAT_READ) delete engine.tags[tag];
  for (const filter of FILTERS_LEFT_OUT) engine.unregisterFilter(filter);
  return engine;
}

const HTML = engineOf(true);
const TEXT = engineOf(false);

/** The parts of a template, as its author knows them. */
export type Part = 'subject' | 'html' | 'text';

/** A template would not render. `part` and `line` say where, `variable` which one is not declared. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly part: Part | 'variables';
  readonly line: number | undefined;
  readonly variable: string | undefined;
  /** Whether it took longer than a render may. */
  readonly isSlow: boolean;

  constructor(
    part: Part | 'variables',
    message: string,
    at: {
      readonly line?: number | undefined;
      readonly variable?: string | undefined;
      readonly isSlow?: boolean;
    } = {},
  ) {
    super(message);
    this.part = part;
    this.line = at.line;
    this.variable = at.variable;
    this.isSlow = at.isSlow ?? false;
  }
}

/** A variable that a part uses: its path, such as `lead.first_name`, and where it first stands. */
export type Use = {
  readonly path: readonly (string | number)[];
  readonly line: number;
};

/** A part that has been parsed. */
export type ParsedPart = {
  readonly part: Part;
  readonly render: (context: object) => string;
  /** What it asks for, without what it sets itself. */
  readonly uses: readonly Use[];
};

/** What liquidjs says, without the lines of the template that it quotes. */
const firstLineOf = (error: Error) =>
  (error.message.split('\n')[0] ?? '').replace(/, line:\d+, col:\d+$/, '');

function lineOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !LiquidError.is(error)) return undefined;
  const [line] =
    (error.token as { getPosition?: () => number[] } | undefined)?.getPosition?.() ?? [];
  return line;
}

/**
 * Parses a part. In HTML everything that is put in is escaped, whatever the template does.
 *
 * @throws {TemplateError} with the line, when it is no Liquid
 */
export function parsePart(part: Part, source: string): ParsedPart {
  const engine = part === 'html' ? HTML : TEXT;
  let parsed: Template[];
  try {
    if (source.length > LONGEST_SOURCE)
      throw new Error(`it is longer than ${LONGEST_SOURCE} characters`);
    parsed = engine.parse(source);
  } catch (error) {
    throw new TemplateError(part, firstLineOf(error as Error), { line: lineOf(error) });
  }
  return {
    part,
    uses: usesOf(engine, parsed),
    render(context) {
      let rendered: string;
      try {
        rendered = String(engine.renderSync(parsed, context));
      } catch (error) {
        const message = firstLineOf(error as Error);
        const isSlow = message.startsWith('template render limit exceeded');
        throw new TemplateError(part, message, { line: lineOf(error), isSlow });
      }
      if (rendered.length > LONGEST_RENDERED) {
        throw new TemplateError(part, `it becomes longer than ${LONGEST_RENDERED} characters`);
      }
      return rendered;
    },
  };
}

function usesOf(engine: Liquid, parsed: Template[]): Use[] {
  const { globals } = engine.analyzeSync(parsed, { partials: false });
  return Object.values(globals).flatMap((variables) =>
    variables.map(({ segments, location }) => {
      // A path ends where a variable chooses what comes next: that is not known before.
      const end = segments.findIndex((segment) => typeof segment === 'object');
      const path = (end < 0 ? segments : segments.slice(0, end)) as (string | number)[];
      return { path, line: location.row };
    }),
  );
}
