import { setImmediate } from 'node:timers/promises';
import type { TemplateSource } from './template.ts';
import {
  composeMail,
  type ClaimedMail,
  type ComposedMail,
  type Composer,
  type MailRules,
} from './compose.ts';
import { TemplateError } from './liquid.ts';
import { reasonOf, type Outcome } from './outcome.ts';
import type { MailSender } from './sender.ts';
import type { CompiledTemplate } from './template.ts';
import type { TemplateCache } from './templates.ts';

/** One statement against the database, by itself. */
export type Query = <Row extends object>(
  text: string,
  values: unknown[],
) => Promise<{ rows: Row[] }>;

export type BatchOptions = Composer & {
  readonly query: Query;
  readonly organizationId: string;
  readonly sender: MailSender;
  readonly templates: TemplateCache;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  /** When others have their turn: milliseconds of `performance.now()`. */
  readonly until: number;
  /** Told about what a mail should not fail with. */
  readonly report: (error: unknown) => void;
};

/** Mails of a batch: what a worker that is killed leaves uncertain at most, for each lane. */
const BATCH = 50;
/** Batches on their way at the same time, so that the slowest mail of one does not keep the others waiting. */
const LANES = 2;
/**
 * Milliseconds that the mails of a batch may take to be made; those left over are given back. With the longest time that
 * sending takes, it is well below what a claim lasts.
 */
const COMPOSING = 30_000;
/** How often an outcome is written again when the database does not answer, and milliseconds in between. */
const RECORD_TRIES = 6;
const RECORD_DELAY = 5_000;

type Claim = {
  readonly claim_id?: string;
  readonly mails?: readonly ClaimedMail[];
  readonly rules?: MailRules;
  readonly looked_at: number;
  readonly next_at: string | null;
};

/** Why sending stopped. */
export type Stopped = {
  readonly sent: number;
  /** When there may be more to send; undefined: the timetable finds it. */
  readonly nextAt: Date | undefined;
};

const wait = (milliseconds: number) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  return promise;
};

/** Milliseconds for which mails may be made before everything else has a turn. */
const WITHOUT_TURN = 10;

let turns: Promise<void> = Promise.resolve();
/** When the process last looked at everything else. */
let lastTurn = performance.now();

/**
 * Waits until the process has looked at everything else that waits: sockets, timers, other jobs. One caller gets each turn,
 * whatever number of jobs there is, since rendering lets nothing else happen for as long as it takes.
 */
function nextTurn(): Promise<void> {
  turns = turns.then(async () => {
    await setImmediate();
    lastTurn = performance.now();
  });
  return turns;
}

/** Sends what is due of one organization, batch by batch, until nothing is or its time is over. */
export async function sendBatches(options: BatchOptions): Promise<Stopped> {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => new Lane(options).run()));
  const next = lanes.flatMap(({ nextAt }) => (nextAt ? [nextAt.getTime()] : []));
  return {
    sent: lanes.reduce((sum, { sent }) => sum + sent, 0),
    nextAt: next.length === 0 ? undefined : new Date(Math.min(...next)),
  };
}

class Lane {
  readonly #options: BatchOptions;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  async run(): Promise<Stopped> {
    const { query, organizationId, signal, until } = this.#options;
    let sent = 0;
    while (!signal.aborted) {
      if (performance.now() > until) return { sent, nextAt: new Date() };
      const { rows } = await query<{ claim: Claim }>(
        'select marketing.claim_emails($1, $2) as claim',
        [organizationId, BATCH],
      );
      const claim = rows[0]?.claim;
      if (!claim || claim.looked_at === 0) {
        return { sent, nextAt: claim?.next_at ? new Date(claim.next_at) : undefined };
      }
      const { claim_id: claimId, mails = [], rules } = claim;
      if (mails.length === 0 || !claimId || !rules) continue;
      const outcomes = await this.#sendAll(mails, rules);
      await this.#record(claimId, mails, outcomes);
      sent += outcomes.filter(({ outcome }) => outcome === 'sent').length;
      // With the mail server down, the next batch would only wait as long as this one.
      if (outcomes.every(({ isServerDown }) => isServerDown === true)) break;
    }
    return { sent, nextAt: undefined };
  }

  /** Hands one mail after the other to the sender, as soon as it is made, and waits for them together. */
  async #sendAll(mails: readonly ClaimedMail[], rules: MailRules): Promise<Outcome[]> {
    const { sender, signal } = this.#options;
    const until = performance.now() + COMPOSING;
    const outcomes: Promise<Outcome>[] = [];
    /** What is wrong with templates that take too long: the batch's other mails do not try the same. */
    const slow = new Map<string, string>();
    for (const mail of mails) {
      const template = `${mail.template_id} ${mail.version}`;
      const reason = slow.get(template);
      if (reason !== undefined) {
        outcomes.push(Promise.resolve({ outcome: 'retry', reason }));
      } else if (outcomes.length > 0 && (signal.aborted || performance.now() > until)) {
        outcomes.push(Promise.resolve({ outcome: 'returned' }));
      } else {
        const made = await this.#compose(mail, rules);
        if ('outcome' in made) {
          outcomes.push(Promise.resolve(made));
          if (made.isSlow) slow.set(template, made.reason ?? '');
        } else {
          outcomes.push(sender.send(made, signal));
        }
      }
    }
    return Promise.all(outcomes);
  }

  async #compose(
    mail: ClaimedMail,
    rules: MailRules,
  ): Promise<ComposedMail | (Outcome & { readonly isSlow?: boolean })> {
    const { organizationId, report } = this.#options;
    try {
      const template = await this.#templateOf(mail);
      // Not after each mail: a turn takes longer than most mails do.
      while (performance.now() - lastTurn > WITHOUT_TURN) await nextTurn();
      return composeMail(mail, template, organizationId, rules, this.#options);
    } catch (error) {
      report(error);
      // Nobody has heard of it. What is wrong with a template is so the next time too; anything else may be over by then.
      return error instanceof TemplateError
        ? { outcome: 'failed', reason: reasonOf(error.message), isSlow: error.isSlow }
        : { outcome: 'retry', reason: 'The mail could not be made.' };
    }
  }

  #templateOf({ template_id: id, version }: ClaimedMail): Promise<CompiledTemplate> {
    const { organizationId, query, templates } = this.#options;
    return templates.get(`${organizationId} ${id} ${version}`, async () => {
      const { rows } = await query<TemplateSource>(
        `select v.subject, v.html_source as html, v.text_source as text, v.variables
           from marketing.email_template_versions v
          where v.organization_id = $1 and v.template_id = $2 and v.version = $3`,
        [organizationId, id, version],
      );
      const [source] = rows;
      if (!source) throw new TemplateError('html', 'The version of the template is gone.');
      return source;
    });
  }

  /** Writes down what became of a batch. While that fails, the mails are as good as uncertain, so it is tried for a while. */
  async #record(
    claimId: string,
    mails: readonly ClaimedMail[],
    outcomes: readonly Outcome[],
  ): Promise<void> {
    const { query, organizationId, report } = this.#options;
    const rows = mails.map(({ id }, index) => ({ id, ...outcomes[index] }));
    for (let tries = 1; ; tries += 1) {
      try {
        await query('select marketing.record_emails($1, $2, $3)', [
          organizationId,
          claimId,
          JSON.stringify(rows),
        ]);
        return;
      } catch (error) {
        if (tries === RECORD_TRIES) throw error;
        report(error);
        await wait(RECORD_DELAY);
      }
    }
  }
}
