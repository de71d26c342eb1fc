import {
  access,
  constant,
  context,
  get,
  object,
  type FieldArgs,
  type Step,
} from 'postgraphile/grafast';
import { withPgClient, type PgClient } from 'postgraphile/@dataplan/pg';
import { extendSchema } from 'postgraphile/utils';
import type { MailLinks } from '../../worker/marketing/links.ts';
import { asServer } from '../second-factor/as-server.ts';
import type { RequestClient } from '../session/client.ts';
import { emailTemplateTypes } from './documentation.ts';
import {
  contentOf,
  preview,
  tryOut,
  variablesOf,
  type PreviewInput,
  type SourceInput,
} from './preview.ts';

type SaveInput = SourceInput & {
  readonly rowId?: string | null;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly category?: string | null;
  readonly ifVersion?: number | null;
};

export type EmailTemplateOptions = {
  /** Asked for when a secret is told. */
  readonly mailLinks: () => MailLinks;
};

/** What is named in an input, also when it is null: null takes it away. */
const named = (input: SaveInput, ...fields: readonly (keyof SaveInput)[]) =>
  Object.fromEntries(
    fields.filter((field) => input[field] !== undefined).map((field) => [field, input[field]]),
  );

async function save(client: PgClient, input: SaveInput, sender: RequestClient | null) {
  const variables = variablesOf(input.variables);
  const { subject, html = null, text = null } = input;
  tryOut({ subject, html, text, variables });
  const template = {
    ...named(input, 'name', 'description', 'category'),
    subject,
    html,
    text,
    variables,
  };
  const { rows } = await asServer(client, sender, (server) =>
    server.query<{ id: string }>({
      text: 'select marketing.write_email_template($1, $2, $3) as id',
      values: [input.rowId ?? null, JSON.stringify(template), input.ifVersion ?? null],
    }),
  );
  return rows[0] ?? null;
}

/**
 * `saveEmailTemplate`, `previewEmailTemplate` and `emailContent`: templates are parsed here, by the library that renders them.
 * `mailWebhook` and `rotateMailWebhook`: the key of the secrets is not in the database.
 */
export const emailTemplatePlugin = ({ mailLinks }: EmailTemplateOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const executor = build.pgExecutor;
    const { email_templates: emailTemplates } = build.pgResources;

    async function webhookOf(client: PgClient, call: string) {
      const { rows } = await client.query<{ version: number; organization: string }>({
        text: `select ${call} as version, authz.organization_id() as organization`,
      });
      const [row] = rows;
      if (!row) return null;
      const { version, organization } = row;
      const links = mailLinks();
      return {
        version,
        secret: links.webhookSecret(organization, version),
        eventsUrl: links.address(`events/${organization}`),
        inboundUrl: links.address(`inbound/${organization}`),
      };
    }

    return {
      typeDefs: emailTemplateTypes,
      objects: {
        Mutation: {
          plans: {
            saveEmailTemplate(_: Step, fieldArgs: FieldArgs) {
              const $request = object({
                input: fieldArgs.getRaw('input'),
                sender: context().get('client' as never) as Step,
              });
              const $saved = withPgClient(executor, $request, (client, request) => {
                const { input, sender } = request as {
                  input: SaveInput;
                  sender: RequestClient | null;
                };
                return save(client, input, sender);
              });
              $saved.hasSideEffects = true;
              return object({ templateId: get($saved, 'id') });
            },
            rotateMailWebhook() {
              const $rotated = withPgClient(executor, constant(null), (client) =>
                webhookOf(client, 'marketing.rotate_mail_webhook()'),
              );
              $rotated.hasSideEffects = true;
              return object({ mailWebhook: $rotated });
            },
          },
        },
        SaveEmailTemplatePayload: {
          plans: {
            emailTemplate: ($payload: Step) =>
              emailTemplates!.get({ id: access($payload, 'templateId') }),
          },
        },
        Query: {
          plans: {
            previewEmailTemplate: (_: Step, fieldArgs: FieldArgs) =>
              withPgClient(
                executor,
                object({
                  templateId: fieldArgs.getRaw('templateId'),
                  version: fieldArgs.getRaw('version'),
                  source: fieldArgs.getRaw('source'),
                  leadId: fieldArgs.getRaw('leadId'),
                  variables: fieldArgs.getRaw('variables'),
                }),
                (client, input) => preview(client, input as PreviewInput),
              ),
            emailContent: (_: Step, fieldArgs: FieldArgs) =>
              withPgClient(executor, fieldArgs.getRaw('rowId'), (client, id) =>
                contentOf(client, String(id)),
              ),
            mailWebhook: () =>
              withPgClient(executor, constant(null), (client) =>
                webhookOf(client, 'marketing.read_mail_webhook()'),
              ),
          },
        },
      },
    };
  }, 'CallboardEmailTemplatePlugin');
