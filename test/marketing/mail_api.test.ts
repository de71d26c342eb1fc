import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MailLinks } from '../../worker/marketing/links.ts';
import type { MailSender } from '../../worker/marketing/sender.ts';
import { actAs, type Caller } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { testApi, type Within } from '../helpers/graphql.ts';
import { MailServer } from '../helpers/mail-server.ts';
import { Mailing, senderOf } from './mailing.ts';

const SAVE = `mutation ($input: SaveEmailTemplateInput!) {
  saveEmailTemplate(input: $input) {
    emailTemplate { rowId name version subject htmlSource textSource variables }
  }
}`;
const PREVIEW = `query ($templateId: UUID, $version: Int, $source: EmailTemplateSourceInput, $leadId: UUID, $variables: JSON) {
  previewEmailTemplate(templateId: $templateId, version: $version, source: $source, leadId: $leadId, variables: $variables) {
    subject html text missing
  }
}`;

describe('mail through the API', () => {
  const database = testDatabase();
  const api = testApi(database, {
    mailLinks: () => new MailLinks([Buffer.alloc(32, 3)], 'https://callboard.test'),
  });
  const server = new MailServer();
  let sender: MailSender;
  let ours: Mailing;
  let theirs: Mailing;
  let member: Caller;
  let serial = 0;
  const fresh = () => `api${(serial += 1)}@leads.test`;
  const name = () => `Template ${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    sender = senderOf(await server.listen());
    ours = await Mailing.make(database, 'ours');
    theirs = await Mailing.make(database, 'theirs');
    member = ours.cast.member;
  });
  afterAll(async () => {
    sender.close();
    await server.close();
  });

  const save = (input: object, caller = member) => api.ask(caller, SAVE, { input });
  const errorOf = (answer: Awaited<ReturnType<typeof save>>) => answer.errors?.[0]?.extensions;

  describe('saving a template', () => {
    test('gives it back, and a version of it', async () => {
      await api.within(async ({ ask, client }) => {
        const input = {
          name: 'Premiere',
          subject: 'Come to {{ film }}',
          html: '<p>{{ lead.first_name | default: "Dear guest" }}: {{ film }}</p>',
          variables: [{ name: 'film', sample: 'Metropolis' }],
        };
        const { data, errors } = await ask(member, SAVE, { input });
        expect(errors).toBeUndefined();
        const saved = data.saveEmailTemplate.emailTemplate;
        expect(saved).toMatchObject({ name: 'Premiere', version: 1, textSource: null });
        const same = await ask(member, SAVE, {
          input: { ...input, rowId: saved.rowId, ifVersion: 1 },
        });
        expect(same.data.saveEmailTemplate.emailTemplate.version).toBe(1);
        const changed = await ask(member, SAVE, {
          input: { ...input, rowId: saved.rowId, subject: 'Do come to {{ film }}' },
        });
        expect(changed.data.saveEmailTemplate.emailTemplate.version).toBe(2);
        const stale = await ask(member, SAVE, {
          input: { ...input, rowId: saved.rowId, ifVersion: 1 },
        });
        expect(stale.errors?.[0]?.extensions).toMatchObject({
          code: 'CONFLICT',
          field: 'ifVersion',
        });
        const { rows } = await client.query(
          'select version, subject from marketing.email_template_versions where template_id = $1 order by version',
          [saved.rowId],
        );
        expect(rows).toEqual([
          { version: 1, subject: 'Come to {{ film }}' },
          { version: 2, subject: 'Do come to {{ film }}' },
        ]);
        const old = await ask(member, PREVIEW, {
          templateId: saved.rowId,
          version: 1,
          variables: { film: 'M' },
        });
        expect(old.data.previewEmailTemplate.subject).toBe('Come to M');
      });
    });

    test.each([
      [{ html: '<p>\n{{ flim }}</p>' }, { part: 'html', line: 2, variable: 'flim' }],
      [
        { subject: '{{ lead.phone }}', html: 'x' },
        { part: 'subject', line: 1, variable: 'lead.phone' },
      ],
      [{ text: 'a\nb\n{% if film %}' }, { part: 'text', line: 3 }],
      [{ html: '{{ film | shout }}' }, { part: 'html', line: 1 }],
      [{ html: '{{ film | raw }}' }, { part: 'html', line: 1 }],
      [{ html: '{% render "other" %}' }, { part: 'html', line: 1 }],
      [{ html: '{% include "/etc/passwd" %}' }, { part: 'html', line: 1 }],
      [{ html: '{% for f in films %}{{ f }}{% endfor %}' }, { part: 'html', variable: 'films' }],
      [{ html: '{{ lead[which] }}' }, { part: 'html', variable: 'which' }],
      [{ html: 'x', subject: ' ' }, { part: 'subject' }],
      [{}, { part: 'html' }],
      [
        { html: 'x', variables: [{ name: 'Bad Name' }] },
        { part: 'variables', variable: 'Bad Name' },
      ],
      [
        { html: 'x', variables: [{ name: 'lead' }] },
        { part: 'variables', variable: 'lead' },
      ],
      [
        { html: 'x', variables: [{ name: 'a' }, { name: 'a' }] },
        { part: 'variables', variable: 'a' },
      ],
      [{ html: 'x'.repeat(300_000) }, { part: 'html' }],
      // It can be parsed, but not rendered.
      [{ html: '{% for i in (1..100000000) %}x{% endfor %}' }, { part: 'html' }],
    ])('refuses %j', async (part, expected) => {
      const answer = await save({
        name: name(),
        subject: 'About {{ film }}',
        variables: [{ name: 'film' }],
        ...part,
      });
      expect(errorOf(answer)).toMatchObject({ code: 'TEMPLATE_INVALID', ...expected });
    });

    test('is for those who may write, in their own organization', async () => {
      const input = { name: name(), subject: 'x', text: 'x' };
      expect(errorOf(await save(input, ours.cast.guest))).toMatchObject({ code: 'FORBIDDEN' });
      expect(errorOf(await save(input, {}))).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(errorOf(await save({ ...input, rowId: theirs.templateId }))).toMatchObject({
        code: 'NOT_FOUND_OR_FORBIDDEN',
      });
      expect(errorOf(await save({ subject: 'x', text: 'x' }))).toMatchObject({ field: 'name' });
    });

    test('there is no other way to write what is rendered', async () => {
      const update = await api.ask(
        member,
        `mutation ($id: UUID!) { updateEmailTemplate(input: { rowId: $id, patch: { name: "Renamed" } }) { emailTemplate { name } } }`,
        { id: ours.templateId },
      );
      expect(update.data.updateEmailTemplate.emailTemplate.name).toBe('Renamed');
      const type = api.schema().getType('EmailTemplatePatch') as unknown as { getFields(): object };
      expect(Object.keys(type.getFields())).not.toContain('subject');
      expect(api.schema().getMutationType()?.getFields()).not.toHaveProperty('createEmailTemplate');
      const client = await database.pool().connect();
      try {
        await client.query('begin; set local role callboard_member');
        await expect(
          client.query(`update marketing.email_templates set html_source = '{{ x }}'`),
        ).rejects.toMatchObject({ code: '42501' });
      } finally {
        await client.query('rollback');
        client.release();
      }
    });
  });

  describe('a preview', () => {
    const source = {
      subject: '{{ film }} for {{ lead.first_name }}',
      html: '<h1>{{ film }}</h1><p>{{ seats }} at <a href="https://lumen.test">Lumen</a></p>',
      variables: [
        { name: 'film', sample: '<Sample>' },
        { name: 'seats', default: 2 },
      ],
    };

    test('shows samples and defaults, escapes, and says what is missing', async () => {
      const { data } = await api.ask(member, PREVIEW, { source });
      expect(data.previewEmailTemplate).toEqual({
        subject: '<Sample> for Ada',
        html: '<h1>&lt;Sample&gt;</h1><p>2 at <a href="https://lumen.test">Lumen</a></p>',
        text: '<Sample>\n\n2 at Lumen <https://lumen.test>',
        missing: ['film'],
      });
    });

    test('is of a lead that the caller may read', async () => {
      const lead = await ours.lead(fresh(), { firstName: 'Grace' });
      const { data } = await api.ask(member, PREVIEW, {
        source,
        leadId: lead,
        variables: { film: 'M' },
      });
      expect(data.previewEmailTemplate).toMatchObject({ subject: 'M for Grace', missing: [] });
      const foreign = await theirs.lead(fresh());
      for (const variables of [{ source, leadId: foreign }, { templateId: theirs.templateId }]) {
        const answer = await api.ask(member, PREVIEW, variables);
        expect(errorOf(answer)).toMatchObject({ code: 'NOT_FOUND_OR_FORBIDDEN' });
      }
    });

    test('refuses what takes too much, and says nothing of files', async () => {
      const endless = { ...source, html: '{% for i in (1..9000000) %}{{ i }}{% endfor %}' };
      expect(errorOf(await api.ask(member, PREVIEW, { source: endless }))).toMatchObject({
        code: 'TEMPLATE_INVALID',
        part: 'html',
      });
      expect(errorOf(await api.ask(member, PREVIEW, {}))).toMatchObject({ code: 'INVALID_INPUT' });
    });
  });

  test('what was sent can be shown after the template and the lead have changed', async () => {
    const template = await ours.template({
      subject: 'For {{ lead.first_name }}',
      html: '<p>Old {{ film }}</p>',
      variables: [{ name: 'film' }],
    });
    const lead = await ours.lead(fresh(), { firstName: 'Ada' });
    const mail = await ours.mail(lead, { templateId: template, variables: { film: 'M' } });
    await ours.send(sender);
    await ours.query(`update crm.leads set first_name = 'Changed' where id = $1`, [lead]);
    await api.within(async ({ ask }: Within) => {
      await ask(member, SAVE, {
        input: {
          rowId: template,
          subject: 'New',
          html: '<p>New {{ film }}</p>',
          variables: [{ name: 'film' }],
        },
      });
      const { data } = await ask(
        member,
        'query ($id: UUID!) { emailContent(rowId: $id) { subject html missing } }',
        {
          id: mail,
        },
      );
      expect(data.emailContent).toEqual({ subject: 'For Ada', html: '<p>Old M</p>', missing: [] });
      const foreign = await ask(
        theirs.cast.owner,
        'query ($id: UUID!) { emailContent(rowId: $id) { subject } }',
        {
          id: mail,
        },
      );
      expect(foreign.data.emailContent).toBeNull();
    });
  });

  describe('one mail', () => {
    const SEND = `mutation ($input: SendEmailInput!) { sendEmail(input: $input) { queuedEmail { rowId status lead { email } } } }`;

    test('is sent, cancelled, and not both', async () => {
      const lead = await ours.lead(fresh());
      await api.within(async ({ ask, client }) => {
        const { data, errors } = await ask(member, SEND, {
          input: { leadId: lead, templateId: ours.templateId, sendAfter: '2100-01-01T00:00:00Z' },
        });
        expect(errors).toBeUndefined();
        const { rowId, status } = data.sendEmail.queuedEmail;
        expect(status).toBe('queued');
        const cancel =
          'mutation ($id: UUID!) { cancelEmail(input: { rowId: $id }) { queuedEmail { status } } }';
        expect(
          (await ask(theirs.cast.owner, cancel, { id: rowId })).errors?.[0]?.extensions,
        ).toMatchObject({
          code: 'NOT_FOUND_OR_FORBIDDEN',
        });
        expect((await ask(member, cancel, { id: rowId })).data.cancelEmail.queuedEmail.status).toBe(
          'cancelled',
        );
        expect((await ask(member, cancel, { id: rowId })).errors?.[0]?.extensions).toMatchObject({
          code: 'INVALID_TRANSITION',
        });
        const { rows } = await client.query(
          'select status from marketing.email_queue where id = $1',
          [rowId],
        );
        expect(rows).toEqual([{ status: 'cancelled' }]);
      });
    });

    test('is refused for whoever gets none, and for leads and templates of others', async () => {
      const unsubscribed = fresh();
      const lead = await ours.lead(unsubscribed);
      await ours.query(`select marketing.suppress_email($1, $2, 'unsubscribed')`, [
        ours.organizationId,
        unsubscribed,
      ]);
      const input = { leadId: lead, templateId: ours.templateId };
      expect(errorOf(await api.ask(member, SEND, { input }))).toMatchObject({
        code: 'RECIPIENT_SUPPRESSED',
        detail: 'unsubscribed',
      });
      const fine = await ours.lead(fresh());
      const foreign = await theirs.lead(fresh());
      for (const wrong of [{ leadId: foreign }, { leadId: fine, templateId: theirs.templateId }]) {
        const answer = await api.ask(member, SEND, { input: { ...input, ...wrong } });
        expect(errorOf(answer)).toMatchObject({ code: 'NOT_FOUND_OR_FORBIDDEN' });
      }
      const wanting = await ours.template({ html: '{{ film }}', variables: [{ name: 'film' }] });
      const missing = await api.ask(member, SEND, { input: { leadId: fine, templateId: wanting } });
      expect(errorOf(missing)).toMatchObject({ code: 'INVALID_INPUT' });
      expect(missing.errors?.[0]?.message).toContain('film');
    });
  });

  describe('suppressions', () => {
    const SUPPRESS = `mutation ($email: String!) { suppressAddress(input: { email: $email, note: "By phone" }) { emailSuppression { rowId email reason liftedAt } } }`;
    const LIFT = `mutation ($id: UUID!) { liftEmailSuppression(input: { rowId: $id }) { emailSuppression { liftedAt } } }`;

    test('by hand hold until they are lifted, whatever the case of the address', async () => {
      await api.within(async ({ ask }) => {
        const first = await ask(member, SUPPRESS, { email: ' Loud@Leads.test ' });
        const row = first.data.suppressAddress.emailSuppression;
        expect(row).toMatchObject({ email: 'loud@leads.test', reason: 'manual', liftedAt: null });
        const second = await ask(member, SUPPRESS, { email: 'loud@leads.test' });
        expect(second.data.suppressAddress.emailSuppression.rowId).toBe(row.rowId);
        expect(
          (await ask(theirs.cast.owner, LIFT, { id: row.rowId })).errors?.[0]?.extensions,
        ).toMatchObject({
          code: 'NOT_FOUND_OR_FORBIDDEN',
        });
        const lifted = await ask(member, LIFT, { id: row.rowId });
        expect(lifted.data.liftEmailSuppression.emailSuppression.liftedAt).not.toBeNull();
        expect((await ask(member, LIFT, { id: row.rowId })).errors?.[0]?.extensions).toMatchObject({
          code: 'NOT_FOUND_OR_FORBIDDEN',
        });
        expect(
          (await ask(member, SUPPRESS, { email: 'nobody' })).errors?.[0]?.extensions,
        ).toMatchObject({
          code: 'INVALID_INPUT',
          field: 'email',
        });
      });
    });

    test('of those who said no are not lifted by hand', async () => {
      const email = fresh();
      const [row] = await ours.query<{ id: string }>(
        `select marketing.suppress_email($1, $2, 'unsubscribed') as id`,
        [ours.organizationId, email],
      );
      expect(errorOf(await api.ask(ours.cast.owner, LIFT, { id: row?.id }))).toMatchObject({
        code: 'CONSENT_REQUIRED',
      });
      expect(
        await ours.query('select lifted_at from marketing.email_suppressions where id = $1', [
          row?.id,
        ]),
      ).toEqual([{ lifted_at: null }]);
    });

    test('are the organization’s own affair', async () => {
      const { data } = await api.ask(
        theirs.cast.owner,
        '{ emailSuppressions { nodes { email } } queuedEmails { nodes { rowId } } }',
      );
      expect(data.emailSuppressions.nodes).toEqual([]);
      expect(data.queuedEmails.nodes).toEqual([]);
      const guest = await api.ask(ours.cast.guest, '{ emailSuppressions { nodes { email } } }');
      expect(guest.data.emailSuppressions.nodes).toEqual([]);
      expect((await ours.query('select from marketing.email_suppressions')).length).toBeGreaterThan(
        0,
      );
    });
  });

  test('the secret of reports is for who manages, and changes', async () => {
    const query = '{ mailWebhook { eventsUrl inboundUrl secret version } }';
    await api.within(async ({ ask }) => {
      expect((await ask(member, query)).errors?.[0]?.extensions).toMatchObject({
        code: 'FORBIDDEN',
      });
      const { data } = await ask(ours.cast.admin, query);
      expect(data.mailWebhook).toMatchObject({
        eventsUrl: `https://callboard.test/mail/events/${ours.organizationId}`,
        inboundUrl: `https://callboard.test/mail/inbound/${ours.organizationId}`,
        secret: expect.stringMatching(/^whsec_[\w-]{43}$/),
        version: 1,
      });
      const rotated = await ask(
        ours.cast.admin,
        'mutation { rotateMailWebhook { mailWebhook { secret version } } }',
      );
      expect(rotated.data.rotateMailWebhook.mailWebhook.version).toBe(2);
      expect(rotated.data.rotateMailWebhook.mailWebhook.secret).not.toBe(data.mailWebhook.secret);
      const other = await ask(theirs.cast.admin, query);
      expect(other.data.mailWebhook.secret).not.toBe(data.mailWebhook.secret);
    });
  });

  describe('a campaign', () => {
    const CREATE = `mutation ($campaign: CampaignInput!) { createCampaign(input: { campaign: $campaign }) { campaign { rowId status } } }`;
    const act = (what: string) =>
      `mutation ($id: UUID!) { ${what}(input: { rowId: $id }) { campaign { status } } }`;
    const ADD = `mutation ($id: UUID!, $leads: [UUID!]!) { addCampaignRecipients(input: { rowId: $id, leadIds: $leads }) { added } }`;
    const PROGRESS = `query ($id: UUID!) { campaign(rowId: $id) { status progress {
      recipients waiting sent failed suppressed cancelled opened clicked bounced
      openRate { numerator denominator percent } bounceRate { numerator denominator percent } } } }`;

    async function make(more: object = {}): Promise<string> {
      const [row] = await ours.query<{ id: string }>(
        `insert into marketing.campaigns (organization_id, name, template_id, audience, lead_statuses, minimum_score)
         select $1, 'Waitlist', $2, coalesce(c.audience, 'list'), coalesce(c.lead_statuses, '{}'), c.minimum_score
           from jsonb_to_record($3) as c (audience text, lead_statuses text[], minimum_score smallint) returning id`,
        [ours.organizationId, ours.templateId, JSON.stringify(more)],
      );
      return row?.id ?? '';
    }
    test.each([[['qualifed']], [['new', null]]])(
      'is for no leads that are %j',
      async (statuses) => {
        const answer = await api.ask(ours.cast.member, CREATE, {
          campaign: {
            name: 'Typo',
            templateId: ours.templateId,
            audience: 'leads',
            leadStatuses: statuses,
          },
        });
        expect(errorOf(answer)).toMatchObject({ code: 'CHECK_FAILED', field: 'leadStatuses' });
      },
    );

    const run = async (id: string) => {
      for (;;) {
        const [row] = await ours.query<{ queued: number }>(
          'select marketing.run_campaign($1, $2, 2) as queued',
          [ours.organizationId, id],
        );
        if (!row?.queued) return;
      }
    };
    const status = async (id: string) =>
      (
        await ours.query<{ status: string }>(
          'select status from marketing.campaigns where id = $1',
          [id],
        )
      )[0]?.status;
    /** What an API call leaves behind. */
    const done = (caller: Caller, sql: string, values: unknown[]) =>
      actAs(database, caller, (client) => client.query(sql, values));

    test('is made as a draft, and its status is nobody’s to write', async () => {
      const lead = await ours.lead(fresh());
      const foreign = await theirs.lead(fresh());
      await api.within(async ({ ask }) => {
        const { data, errors } = await ask(member, CREATE, {
          campaign: { name: 'Waitlist', templateId: ours.templateId },
        });
        expect(errors).toBeUndefined();
        const { rowId, status: first } = data.createCampaign.campaign;
        expect(first).toBe('draft');
        const input = api.schema().getType('CampaignPatch') as unknown as { getFields(): object };
        expect(Object.keys(input.getFields())).not.toContain('status');
        const start = await ask(member, act('startCampaign'), { id: rowId });
        expect(start.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' });
        const added = await ask(member, ADD, { id: rowId, leads: [lead, lead] });
        expect(added.data.addCampaignRecipients.added).toBe(1);
        expect(
          (await ask(member, ADD, { id: rowId, leads: [lead] })).data.addCampaignRecipients.added,
        ).toBe(0);
        expect(
          (await ask(member, ADD, { id: rowId, leads: [foreign] })).errors?.[0]?.extensions,
        ).toMatchObject({
          code: 'NOT_FOUND_OR_FORBIDDEN',
        });
        expect(
          (await ask(theirs.cast.owner, act('startCampaign'), { id: rowId })).errors?.[0]
            ?.extensions,
        ).toMatchObject({
          code: 'NOT_FOUND_OR_FORBIDDEN',
        });
        const started = await ask(member, act('startCampaign'), { id: rowId });
        expect(started.data.startCampaign.campaign.status).toBe('running');
        const again = await ask(member, act('startCampaign'), { id: rowId });
        expect(again.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION' });
        const change = await ask(
          member,
          `mutation ($id: UUID!) { updateCampaign(input: { rowId: $id, patch: { audience: "leads" } }) { campaign { rowId } } }`,
          { id: rowId },
        );
        expect(change.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION' });
        const late = await ask(member, ADD, { id: rowId, leads: [lead] });
        expect(late.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION' });
      });
    });

    test('goes to each of its leads once, and tells how it went', async () => {
      const id = await make();
      const people = [fresh(), fresh(), fresh(), `gone${(serial += 1)}@leads.test`];
      const leads: string[] = [];
      for (const email of people) leads.push(await ours.lead(email));
      const unsubscribed = await ours.lead(fresh(), { consent: 'withdrawn' });
      await done(member, 'select marketing.add_campaign_recipients($1, $2)', [
        id,
        [...leads, unsubscribed],
      ]);
      await done(member, 'select marketing.start_campaign($1)', [id]);
      await run(id);
      await run(id);
      const before = await api.ask(member, PROGRESS, { id });
      expect(before.data.campaign.progress).toMatchObject({
        recipients: '5',
        waiting: '5',
        sent: '0',
      });
      server.taken.length = 0;
      await ours.send(sender);
      expect(server.counts()).toEqual(
        Object.fromEntries(people.slice(0, 3).map((email) => [email, 1])),
      );
      const [opened] = await ours.query<{ id: string }>(
        `select id from marketing.email_queue where campaign_id = $1 and status = 'sent' order by id limit 1`,
        [id],
      );
      await ours.query('select marketing.note_interactions($1, $2)', [
        ours.organizationId,
        JSON.stringify([
          { id: opened?.id, kind: 'clicked', source: 'link', url: 'https://lumen.test/' },
          { id: opened?.id, kind: 'clicked', source: 'link', url: 'https://lumen.test/' },
        ]),
      ]);
      await ours.query('select marketing.follow_campaigns()');
      const { data } = await api.ask(member, PROGRESS, { id });
      expect(data.campaign).toEqual({
        status: 'completed',
        progress: {
          ...{
            recipients: '5',
            waiting: '0',
            sent: '3',
            failed: '1',
            suppressed: '1',
            cancelled: '0',
          },
          ...{ opened: '1', clicked: '1', bounced: '1' },
          openRate: { numerator: '1', denominator: '3', percent: '33.33' },
          bounceRate: { numerator: '1', denominator: '4', percent: '25.00' },
        },
      });
    });

    test('of nobody yet has rates of nothing', async () => {
      const { data } = await api.ask(member, PROGRESS, { id: await make() });
      expect(data.campaign.progress).toMatchObject({
        recipients: '0',
        openRate: { numerator: '0', denominator: '0', percent: null },
      });
    });

    test('to leads goes to those who fit when it starts, and not to who comes later', async () => {
      const id = await make({ audience: 'leads', lead_statuses: ['qualified'], minimum_score: 50 });
      const fitting = await ours.lead(fresh());
      const weak = await ours.lead(fresh());
      await ours.query(
        `update crm.leads set status = 'qualified', score = case when id = $1 then 50 else 49 end
        where id = any ($2)`,
        [fitting, [fitting, weak]],
      );
      await done(member, 'select marketing.start_campaign($1)', [id]);
      await run(id);
      const later = await ours.lead(fresh());
      await ours.query(`update crm.leads set status = 'qualified', score = 90 where id = $1`, [
        later,
      ]);
      await run(id);
      expect(
        await ours.query(
          'select lead_id from marketing.campaign_recipients where campaign_id = $1',
          [id],
        ),
      ).toEqual([{ lead_id: fitting }]);
      await ours.query('update crm.leads set score = null where id = any ($1)', [[fitting, later]]);
    });

    test('to a segment goes to those who are in it', async () => {
      const lead = await ours.lead(fresh());
      const left = await ours.lead(fresh());
      const [segment] = await ours.query<{ id: string }>(
        `insert into analytics.segments (organization_id, name, subject, is_active, rule)
         values ($1, 'Waiting', 'lead', false, '{"field": "city", "op": "=", "value": "Nowhere"}') returning id`,
        [ours.organizationId],
      );
      await ours.query(
        `insert into analytics.user_segments (organization_id, segment_id, lead_id, left_at)
         values ($1, $2, $3, null), ($1, $2, $4, now())`,
        [ours.organizationId, segment?.id, lead, left],
      );
      const [row] = await ours.query<{ id: string }>(
        `insert into marketing.campaigns (organization_id, name, template_id, audience, segment_id)
         values ($1, 'Waitlist', $2, 'segment', $3) returning id`,
        [ours.organizationId, ours.templateId, segment?.id],
      );
      await done(member, 'select marketing.start_campaign($1)', [row?.id]);
      await run(row?.id ?? '');
      expect(
        await ours.query(
          'select lead_id from marketing.campaign_recipients where campaign_id = $1',
          [row?.id],
        ),
      ).toEqual([{ lead_id: lead }]);
      const [gone] = await theirs.query<{ id: string }>(
        `insert into marketing.campaigns (organization_id, name, template_id, audience, segment_id)
         values ($1, 'Waitlist', $2, 'segment', $3) returning id`,
        [theirs.organizationId, theirs.templateId, segment?.id],
      );
      const foreign = await api.ask(theirs.cast.owner, act('startCampaign'), { id: gone?.id });
      expect(errorOf(foreign)).toMatchObject({
        code: 'NOT_FOUND_OR_FORBIDDEN',
        field: 'segmentId',
      });
    });

    test('is kept back while it is paused, goes on, and ends when it is cancelled', async () => {
      await ours.send(sender);
      const id = await make();
      const leads = [await ours.lead(fresh()), await ours.lead(fresh())];
      await done(member, 'select marketing.add_campaign_recipients($1, $2)', [id, leads]);
      await done(member, 'select marketing.start_campaign($1)', [id]);
      await run(id);
      await done(member, 'select marketing.pause_campaign($1)', [id]);
      server.taken.length = 0;
      await ours.send(sender);
      await ours.query('select marketing.follow_campaigns()');
      expect(server.taken).toEqual([]);
      expect(await status(id)).toBe('paused');
      await done(member, 'select marketing.resume_campaign($1)', [id]);
      await ours.send(sender);
      expect(server.taken).toHaveLength(2);

      const second = await make();
      await done(member, 'select marketing.add_campaign_recipients($1, $2)', [second, leads]);
      await done(member, 'select marketing.start_campaign($1)', [second]);
      await ours.query('select marketing.run_campaign($1, $2, 1)', [ours.organizationId, second]);
      await done(member, 'select marketing.cancel_campaign($1)', [second]);
      await run(second);
      await ours.send(sender);
      expect(server.taken).toHaveLength(2);
      const { data } = await api.ask(member, PROGRESS, { id: second });
      expect(data.campaign.progress).toMatchObject({
        recipients: '2',
        waiting: '0',
        cancelled: '2',
        sent: '0',
      });
    });

    test('that is archived after it has started is over, and is so when it is restored', async () => {
      for (const isPaused of [false, true]) {
        const id = await make();
        await done(member, 'select marketing.add_campaign_recipients($1, $2)', [
          id,
          [await ours.lead(fresh()), await ours.lead(fresh())],
        ]);
        await done(member, 'select marketing.start_campaign($1)', [id]);
        // one is queued, the other not yet
        await ours.query('select marketing.run_campaign($1, $2, 1)', [ours.organizationId, id]);
        if (isPaused) await done(member, 'select marketing.pause_campaign($1)', [id]);
        const archived = await done(
          member,
          'select status, finished_at is not null as is_over from marketing.delete_campaign($1)',
          [id],
        );
        expect(archived.rows).toEqual([{ status: 'cancelled', is_over: true }]);
        await done(member, 'select marketing.restore_campaign($1)', [id]);
        expect(await status(id)).toBe('cancelled');
        const { data } = await api.ask(member, PROGRESS, { id });
        expect(data.campaign.progress).toMatchObject({ waiting: '0', cancelled: '2' });
      }
    });

    test.each([
      ['a draft', false],
      ['a scheduled one', true],
    ])(
      'that is archived before it has started is a draft when it is restored: %s',
      async (_what, isScheduled) => {
        const id = await make();
        await done(member, 'select marketing.add_campaign_recipients($1, $2)', [
          id,
          [await ours.lead(fresh())],
        ]);
        if (isScheduled)
          await done(member, `select marketing.schedule_campaign($1, now() + interval '1 hour')`, [
            id,
          ]);
        await done(member, 'select marketing.delete_campaign($1)', [id]);
        await done(member, 'select marketing.restore_campaign($1)', [id]);
        const [row] = await ours.query(
          'select status, scheduled_at, finished_at from marketing.campaigns where id = $1',
          [id],
        );
        expect(row).toEqual({ status: 'draft', scheduled_at: null, finished_at: null });
        await done(member, 'select marketing.start_campaign($1)', [id]);
        expect(await status(id)).toBe('running');
        // what is over stays what it was
        await ours.query('select marketing.cancel_campaign_mails($1, $2)', [
          ours.organizationId,
          id,
        ]);
        await ours.query(
          `update marketing.campaigns set status = 'completed', finished_at = '2026-01-01' where id = $1`,
          [id],
        );
        await done(member, 'select marketing.delete_campaign($1)', [id]);
        const [over] = await ours.query<{ status: string; finished_at: Date }>(
          'select status, finished_at from marketing.campaigns where id = $1',
          [id],
        );
        expect(over).toMatchObject({ status: 'completed', finished_at: new Date('2026-01-01') });
      },
    );

    test('starts by itself when its time has come', async () => {
      const id = await make();
      await done(member, 'select marketing.add_campaign_recipients($1, $2)', [
        id,
        [await ours.lead(fresh())],
      ]);
      await done(member, `select marketing.schedule_campaign($1, now() + interval '1 hour')`, [id]);
      await ours.query('select marketing.follow_campaigns()');
      expect(await status(id)).toBe('scheduled');
      await ours.query(
        `update marketing.campaigns set scheduled_at = now() - interval '1 minute' where id = $1`,
        [id],
      );
      await ours.query('select marketing.follow_campaigns()');
      expect(await status(id)).toBe('running');
      const jobs = await ours.query<{ key: string }>(
        `select key from graphile_worker.jobs where key like 'run_campaign:%'`,
      );
      expect(jobs).toContainEqual({ key: `run_campaign:${id}` });
    });
  });
});
