import type { Task } from 'graphile-worker';
import { linksOf } from '../mail/compose.ts';
import { renderMail } from '../mail/render.ts';
import { TEMPLATES } from '../mail/templates.ts';
import { instant, object, optional, record, text, uuid, type PayloadOf } from '../payload.ts';
import type { TaskContext } from '../tasks.ts';

/** What `platform.send_mail` puts into the queue. */
export const payload = object({
  template: text,
  to: text,
  variables: record(text),
  /** A token to make for the link in it. */
  token: optional(
    object({
      /** `invitation`, or one of those that `identity.issue_one_time_token` makes. */
      purpose: text,
      organization_id: optional(uuid),
      invitation_id: optional(uuid),
      user_id: optional(uuid),
      asked_at: optional(instant),
    }),
  ),
});

type Payload = PayloadOf<typeof payload>;
type WantedToken = NonNullable<Payload['token']>;

declare global {
  namespace GraphileWorker {
    interface Tasks {
      send_mail: Payload;
    }
  }
}

type Issued = {
  readonly id: string;
  readonly token: string;
  readonly variables: Readonly<Record<string, string>>;
};

const isInvitation = (token: WantedToken) => token.invitation_id !== undefined;

/** The statement that makes the token. */
function issue(token: WantedToken, to: string, queuedAt: Date): [string, unknown[]] {
  return isInvitation(token)
    ? [
        'select id, token, variables from tenancy.issue_invitation_token($1, $2)',
        [token.organization_id, token.invitation_id],
      ]
    : [
        'select id, token, variables from identity.issue_one_time_token($1, $2, $3, $4)',
        [token.purpose, to, token.user_id ?? null, token.asked_at ?? queuedAt],
      ];
}

function variablesOf(template: string, given: Readonly<Record<string, string>>) {
  const known = TEMPLATES[template];
  if (!known) throw new Error(`There is no mail template "${template}".`);
  const missing = known.variables.filter((name) => typeof given[name] !== 'string');
  if (missing.length > 0) {
    throw new Error(`The mail "${template}" lacks the variables ${missing.join(', ')}.`);
  }
  return { compose: known.compose, variables: given };
}

/**
 * Sends a mail. Where its link needs a token, that is made only now: neither the queue nor a job that failed holds one.
 * When there is nothing to make one for (nobody has this address, it is confirmed already, the invitation was
 * revoked), nothing is sent.
 *
 * Mail may go out twice when a worker dies after sending: both bear the same message id.
 */
export function makeTask({ mail }: TaskContext): Task<'send_mail'> | undefined {
  if (!mail) return undefined;
  const links = linksOf(mail.appUrl);
  return async ({ template, to, variables, token }, helpers) => {
    let issued: Issued | undefined;
    if (token) {
      const { rows } = await helpers.query<Issued>(...issue(token, to, helpers.job.created_at));
      issued = rows[0];
      if (!issued) {
        helpers.logger.info(`${template}: there is nothing to send.`);
        return;
      }
    }
    try {
      const prepared = variablesOf(template, {
        ...variables,
        ...issued?.variables,
        ...(issued ? { token: issued.token } : {}),
      });
      await mail.deliver({
        ...renderMail(prepared.compose(prepared.variables, links)),
        id: `job-${helpers.job.id}`,
        template,
        to,
      });
    } catch (error) {
      // Nobody has read it; the next attempt makes another, which takes the place of an invitation's.
      if (issued && token && !isInvitation(token)) {
        await helpers.query('delete from identity.one_time_tokens where id = $1', [issued.id]);
      }
      throw error;
    }
  };
}
