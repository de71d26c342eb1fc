import { SafeError } from 'postgraphile/grafast';
import type { PgClient } from 'postgraphile/@dataplan/pg';
import { TemplateError } from '../../worker/marketing/liquid.ts';
import {
  CompiledTemplate,
  type TemplateSource,
  type Variable,
} from '../../worker/marketing/template.ts';
import { RefusedError } from '../errors/refusal.ts';

/** A template as a client writes it. */
export type SourceInput = {
  readonly subject: string;
  readonly html?: string | null;
  readonly text?: string | null;
  readonly variables?: readonly Variable[] | null;
};

export type PreviewInput = {
  readonly templateId?: string | null;
  readonly version?: number | null;
  readonly source?: SourceInput | null;
  readonly leadId?: string | null;
  readonly variables?: unknown;
};

type Context = Readonly<Record<string, unknown>>;

/** To whom a preview goes that names nobody. */
const SOMEBODY = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  full_name: 'Ada Lovelace',
  email: 'ada@example.com',
  company_name: 'Analytical Pictures',
  job_title: 'Producer',
  city: 'London',
  country: 'GB',
  locale: 'en-GB',
};
const NOWHERE = 'https://example.com/unsubscribe';

const invalid = (message: string, field: string) =>
  new RefusedError({ code: 'CB002', message, field });
const notFound = (message: string, field: string) =>
  new RefusedError({ code: 'CB004', message, field });

/** Variables as the database keeps them: `default: null` is no default. */
export const variablesOf = (given: readonly Variable[] | null | undefined): Variable[] =>
  (given ?? []).map(({ name, description, default: fallback, sample }) => ({
    name,
    ...(description == null ? {} : { description }),
    ...(fallback == null ? {} : { default: fallback }),
    ...(sample == null ? {} : { sample }),
  }));

/**
 * Parses a template.
 *
 * @throws SafeError TEMPLATE_INVALID with part, line and variable
 */
function compileTemplate(source: TemplateSource): CompiledTemplate {
  return explained(() => new CompiledTemplate(source));
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { part, line, variable } = error;
    throw new SafeError(error.message, {
      code: 'TEMPLATE_INVALID',
      part,
      ...(line === undefined ? {} : { line }),
      ...(variable === undefined ? {} : { variable }),
    });
  }
}

function previewOf(compiled: CompiledTemplate, given: Context, context: Context) {
  const missing = compiled.missing(given);
  const samples = compiled.variables
    .filter((variable) => missing.includes(variable.name) && 'sample' in variable)
    .map(({ name, sample }) => [name, sample] as const);
  const whole = { ...Object.fromEntries(samples), ...given, ...context, unsubscribe_url: NOWHERE };
  const { subject, html, text } = explained(() => compiled.render(whole));
  return { subject, html: html ?? null, text, missing };
}

/**
 * Parses a template and renders it once, to somebody made up: one that never comes to an end would be heard of when mails
 * were to go out.
 *
 * @throws SafeError TEMPLATE_INVALID with part, line and variable
 */
export function tryOut(source: TemplateSource): void {
  previewOf(compileTemplate(source), {}, { lead: SOMEBODY, organization: {} });
}

async function sourceOf(client: PgClient, input: PreviewInput): Promise<TemplateSource> {
  const { templateId, version, source } = input;
  if ((templateId == null) === (source == null)) {
    throw invalid('Say templateId or source, and not both.', 'template_id');
  }
  if (source) return { ...source, variables: variablesOf(source.variables) };
  const { rows } = await client.query<{ template: TemplateSource | null }>({
    text: 'select marketing.read_email_template($1, $2) as template',
    values: [templateId, version ?? null],
  });
  const template = rows[0]?.template;
  if (!template)
    throw notFound('There is no such template, or no such version of it.', 'template_id');
  return template;
}

const isObject = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Renders a template, saved or not, as the caller may read it. */
export async function preview(client: PgClient, input: PreviewInput) {
  const { leadId, variables } = input;
  if (variables != null && !isObject(variables)) {
    throw invalid('Variables are an object.', 'variables');
  }
  const compiled = compileTemplate(await sourceOf(client, input));
  const { rows } = await client.query<{
    context: { lead: Context | null; organization: Context } | null;
  }>({
    text: 'select marketing.preview_variables($1) as context',
    values: [leadId ?? null],
  });
  const context = rows[0]?.context;
  if (!context) throw new RefusedError({ code: 'CB001', message: 'Sign in first.' });
  if (leadId != null && !context.lead) throw notFound('There is no such lead.', 'lead_id');
  return previewOf(compiled, variables ?? {}, { ...context, lead: context.lead ?? SOMEBODY });
}

type Queued = {
  readonly template: TemplateSource | null;
  readonly context: Context | null;
  readonly variables: Context;
  readonly lead: Context | null;
};

/** What a mail of the queue says: what it was given when it went out, or would be given now. */
export async function contentOf(client: PgClient, rowId: string) {
  const { rows } = await client.query<Queued>({
    text: `select marketing.read_email_template(q.template_id, q.template_version) as template, q.context, q.variables,
                  marketing.preview_variables(q.lead_id) as lead
             from marketing.email_queue q
            where q.organization_id = (select authz.organization_id()) and q.id = $1`,
    values: [rowId],
  });
  const [mail] = rows;
  if (!mail?.template) return null;
  const context = mail.context ?? { ...mail.variables, ...mail.lead };
  return previewOf(compileTemplate(mail.template), context, {});
}
