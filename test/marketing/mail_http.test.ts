import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MailLinks } from '../../worker/marketing/links.ts';
import { signatureOf } from '../../server/mail/signature.ts';
import { actAs, as } from '../helpers/callers.ts';
import { serving } from '../helpers/serving.ts';
import { KEY, Mailing } from './mailing.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

describe('what mails lead to', () => {
  const served = serving('letters', {
    RATE_LIMIT_MAIL_PER_MINUTE: '20',
    TRUST_PROXY: '1',
    ENCRYPTION_KEY: `${KEY.toString('base64')},${Buffer.alloc(32, 1).toString('base64')}`,
  });
  let mailing: Mailing;
  let links: MailLinks;
  let mail: string;
  let serial = 0;

  beforeAll(async () => {
    mailing = await Mailing.of(served.database, served.cast());
    links = new MailLinks([KEY], served.url());
  });
  beforeEach(async () => {
    serial += 1;
    mail = await sentMail();
  });

  /** A mail that went out a while ago. */
  async function sentMail(email = `reader${serial}@letters.test`) {
    const id = await mailing.mailTo(email);
    await mailing.query(
      `update marketing.email_queue
          set status = 'sent', email = $2, attempts = 1, attempted_at = now() - interval '1 hour',
              sent_at = now() - interval '1 hour', template_version = 1
        where id = $1`,
      [id, email],
    );
    return id;
  }
  /** Each test comes from an address of its own, since limits count by that. */
  const address = () => ({ 'x-forwarded-for': `198.51.100.${serial}` });
  const ref = (id = mail) => ({ organizationId: mailing.organizationId, id });
  const visit = (url: string, init: RequestInit = {}) =>
    fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { 'user-agent': BROWSER, ...address(), ...init.headers },
    });
  const leadOf = async (id: string) =>
    (
      await mailing.query<{ lead_id: string }>(
        'select lead_id from marketing.email_queue where id = $1',
        [id],
      )
    )[0]?.lead_id;
  const interactions = (id = mail) =>
    mailing.query<Record<string, unknown>>(
      `select kind, source, is_machine, is_repeat, url, is_hard_bounce from marketing.email_interactions
        where queued_email_id = $1 order by occurred_at, id`,
      [id],
    );
  const suppressions = (email = `reader${serial}@letters.test`) =>
    mailing.query<{ reason: string }>(
      `select reason from marketing.email_suppressions where email = $1 and lifted_at is null order by created_at`,
      [email],
    );
  const consent = async () =>
    (
      await mailing.query<{ email_consent: string }>(
        'select email_consent from crm.leads where email = $1',
        [`reader${serial}@letters.test`],
      )
    )[0]?.email_consent;

  describe('unsubscribing', () => {
    test('looking at the link changes nothing: scanners look too', async () => {
      for (const method of ['GET', 'HEAD', 'GET']) {
        const response = await visit(links.unsubscribe(ref()), { method });
        expect(response.status).toBe(200);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      }
      const page = await (await visit(links.unsubscribe(ref()))).text();
      expect(page).toContain('<form method="post">');
      expect(page).toContain('Letters');
      expect(page).not.toContain('@letters.test');
      expect(await interactions()).toEqual([]);
      expect(await suppressions()).toEqual([]);
    });

    test.each([
      ['by the button', 'from=page', 'page'],
      ['in one click', 'List-Unsubscribe=One-Click', 'one_click'],
      ['with no body at all', '', 'page'],
    ])('is done by a POST, %s, and stops what waits', async (_name, body, source) => {
      const lead = await mailing.query<{ lead_id: string }>(
        'select lead_id from marketing.email_queue where id = $1',
        [mail],
      );
      const waiting = await mailing.mail(lead[0]?.lead_id ?? '');
      const response = await visit(links.unsubscribe(ref()), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('You are unsubscribed');
      expect(await interactions()).toMatchObject([{ kind: 'unsubscribed', source }]);
      expect(await suppressions()).toEqual([{ reason: 'unsubscribed' }]);
      expect(await consent()).toBe('withdrawn');
      expect(await mailing.row(waiting)).toMatchObject({
        status: 'suppressed',
        reason: 'unsubscribed',
      });
      // Once more is no mistake, and the page says so from now on.
      expect((await visit(links.unsubscribe(ref()), { method: 'POST' })).status).toBe(200);
      expect(await suppressions()).toEqual([{ reason: 'unsubscribed' }]);
      expect(await (await visit(links.unsubscribe(ref()))).text()).toContain(
        'You are unsubscribed',
      );
    });

    test('whose address is barred for something else may still do it', async () => {
      await mailing.query('select marketing.suppress_email($1, $2, $3, null, null, $4)', [
        mailing.organizationId,
        `reader${serial}@letters.test`,
        'soft_bounce',
        new Date(Date.now() + 86_400_000),
      ]);
      const page = await (await visit(links.unsubscribe(ref()))).text();
      expect(page).toContain('<form method="post">');
      await visit(links.unsubscribe(ref()), { method: 'POST' });
      expect(await suppressions()).toEqual([{ reason: 'soft_bounce' }, { reason: 'unsubscribed' }]);
    });

    test.each(['the link of its mail', 'a report of its address'])(
      'of a lead that has become another is of that one, by %s',
      async (way) => {
        const email = `reader${serial}@letters.test`;
        const merged = await leadOf(mail);
        const kept = await mailing.lead(`kept${serial}@letters.test`);
        const waiting = await mailing.mail(kept);
        await actAs(served.database, mailing.cast.owner, (client) =>
          client.query('select crm.merge_leads($1, $2)', [kept, merged]),
        );
        if (way === 'the link of its mail') {
          // Another lead has the address by now; the mail knows whose it was.
          await mailing.query('update crm.leads set email = $2 where id = $1', [
            merged,
            `was${serial}@letters.test`,
          ]);
          await visit(links.unsubscribe(ref()), { method: 'POST' });
        } else {
          await served.database
            .pool('callboard_authenticator')
            .query('select marketing.take_mail_reports($1, $2)', [
              mailing.organizationId,
              JSON.stringify([{ kind: 'unsubscribed', email, source: 'webhook' }]),
            ]);
        }
        expect(await suppressions(email)).toEqual([{ reason: 'unsubscribed' }]);
        expect(await suppressions(`kept${serial}@letters.test`)).toEqual([
          { reason: 'consent_withdrawn' },
        ]);
        expect(
          await mailing.query(
            'select email_consent from crm.leads where id = $1 and deleted_at is null',
            [kept],
          ),
        ).toEqual([{ email_consent: 'withdrawn' }]);
        expect(await mailing.row(waiting)).toMatchObject({ status: 'suppressed' });
        expect(
          await mailing.query(
            `select lead_id from marketing.email_interactions where organization_id = $1 and kind = 'unsubscribed'
              order by id desc limit 1`,
            [mailing.organizationId],
          ),
        ).toEqual([{ lead_id: kept }]);
      },
    );

    test('new consent ends it, and nothing else', async () => {
      await visit(links.unsubscribe(ref()), { method: 'POST' });
      await mailing.query(`update crm.leads set first_name = 'Ada' where email = $1`, [
        `reader${serial}@letters.test`,
      ]);
      expect(await suppressions()).toHaveLength(1);
      await mailing.query(`update crm.leads set email_consent = 'granted' where email = $1`, [
        `reader${serial}@letters.test`,
      ]);
      expect(await suppressions()).toEqual([]);
    });

    test('a link that was not made here does nothing', async () => {
      const forged = new MailLinks([Buffer.alloc(32, 9)], served.url());
      const good = links.unsubscribe(ref());
      const token = good.split('/').pop() ?? '';
      const elsewhere = links.open(ref()).split('/').pop()?.replace('.gif', '') ?? '';
      const addresses = [
        forged.unsubscribe(ref()),
        // for opening, not for this
        good.replace(token, elsewhere),
        good.replace(token, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
        good.replace(token, ''),
        good.replace(token, 'x'),
        // signed, but of no mail
        links.unsubscribe({ ...ref(), id: '00000000-0000-4000-8000-000000000000' }),
        links.unsubscribe({ organizationId: '00000000-0000-4000-8000-000000000000', id: mail }),
      ];
      for (const address of addresses) {
        expect((await visit(address, { method: 'POST' })).status).toBe(404);
        expect((await visit(address)).status).toBe(404);
      }
      expect(await suppressions()).toEqual([]);
    });

    test('a link that was signed with an older key serves as long as the key is there', async () => {
      const old = new MailLinks([Buffer.alloc(32, 1)], served.url());
      expect((await visit(old.unsubscribe(ref()))).status).toBe(200);
    });
  });

  describe('opening and following links', () => {
    test('a picture tells of it: the first time, and again', async () => {
      const response = await visit(links.open(ref()));
      expect(response.headers.get('content-type')).toBe('image/gif');
      await visit(links.open(ref()));
      await visit(links.open(ref()), { method: 'HEAD' });
      expect(await interactions()).toMatchObject([
        { kind: 'opened', source: 'pixel', is_machine: false, is_repeat: false },
        { kind: 'opened', source: 'pixel', is_machine: false, is_repeat: true },
      ]);
      expect((await mailing.row(mail)).opened_at).not.toBeNull();
    });

    test.each([
      ['the proxy that fetches ahead', 'Mozilla/5.0', {}],
      ['a scanner', 'Mozilla/5.0 (compatible; Barracuda Sentinel)', {}],
      ['a prefetch', BROWSER, { 'sec-purpose': 'prefetch' }],
    ])('%s is a machine, and no reader', async (_name, agent, headers) => {
      await visit(links.open(ref()), { headers: { 'user-agent': agent, ...headers } });
      expect(await interactions()).toMatchObject([
        { kind: 'opened', is_machine: true, is_repeat: false },
      ]);
      expect((await mailing.row(mail)).opened_at).toBeNull();
      await visit(links.open(ref()));
      expect((await interactions())[1]).toMatchObject({ is_machine: false, is_repeat: false });
    });

    test('nobody reads in the second in which the mail went out', async () => {
      await mailing.query('update marketing.email_queue set sent_at = now() where id = $1', [mail]);
      await visit(links.open(ref()));
      expect(await interactions()).toMatchObject([{ is_machine: true }]);
    });

    test('a link leads where the mail said, once it is noted', async () => {
      const target = 'https://lumen.test/shows?id=1&x=ü#top';
      const response = await visit(links.click(ref(), target));
      expect(response.status).toBe(302);
      expect(decodeURI(response.headers.get('location') ?? '')).toBe(target);
      await visit(links.click(ref(), 'https://lumen.test/other'));
      await visit(links.click(ref(), target));
      expect(await interactions()).toMatchObject([
        { kind: 'clicked', url: target, is_repeat: false },
        { kind: 'clicked', url: 'https://lumen.test/other', is_repeat: false },
        { kind: 'clicked', url: target, is_repeat: true },
      ]);
      // Who follows a link has the mail open, picture or not.
      expect((await mailing.row(mail)).opened_at).not.toBeNull();
    });

    test('a link of a campaign is a touchpoint, once for each mail', async () => {
      const { owner } = mailing.cast;
      const [campaign] = await mailing.query<{ id: string }>(
        `insert into marketing.campaigns (organization_id, name, template_id) values ($1, $2, $3) returning id`,
        [mailing.organizationId, ` Premiere ${serial} `, mailing.templateId],
      );
      const lead = await leadOf(mail);
      const scores = async () => {
        const [score] = await as(served.database, owner, async (client) => {
          const { rows } = await client.query<{ engagement: number; behaviour: number }>(
            'select s.engagement, s.behaviour from crm.calculate_lead_score($1) s',
            [lead],
          );
          return rows;
        });
        return score;
      };
      const touchpoints = async () =>
        mailing.query(
          `select kind, channel, campaign, url, is_mail_click from crm.lead_touchpoints where lead_id = $1
            order by occurred_at`,
          [lead],
        );
      await visit(links.click(ref(), 'https://lumen.test/none'));
      expect(await touchpoints()).toEqual([]);
      await mailing.query('update marketing.email_queue set campaign_id = $2 where id = $1', [
        mail,
        campaign?.id,
      ]);
      await visit(links.click(ref(), 'https://lumen.test/machine'), {
        headers: { 'user-agent': 'curl/8' },
      });
      expect(await touchpoints()).toEqual([]);
      const before = await scores();
      expect(before).toMatchObject({ behaviour: 0 });
      for (const page of ['seats', 'seats', 'cast']) {
        await visit(links.click(ref(), `https://lumen.test/${page}`));
      }
      const one = {
        kind: 'email_click',
        channel: 'email',
        campaign: `premiere ${serial}`,
        url: 'https://lumen.test/seats',
        is_mail_click: true,
      };
      expect(await touchpoints()).toEqual([one]);
      // It counts as what was done with the mail, and not once more as a visit.
      expect(await scores()).toMatchObject({ behaviour: 0 });
      // The page that it led to tells of the same.
      const tell = async (...given: unknown[]) =>
        actAs(served.database, owner, (client) =>
          client.query('select crm.record_touchpoint($1, $2, $3, $4)', given),
        );
      await tell(lead, 'email_click', 'email', `Premiere ${serial}`);
      await tell(lead, 'email_click', 'email', null);
      expect(await touchpoints()).toEqual([one]);
      await tell(lead, 'email_click', 'email', 'another');
      await tell(lead, 'page_view', 'email', `Premiere ${serial}`);
      expect(await touchpoints()).toHaveLength(3);
      await actAs(served.database, owner, (client) =>
        client.query(`select crm.record_conversion($1, 'sign_up')`, [lead]),
      );
      const credits = await as(served.database, owner, async (client) => {
        const { rows } = await client.query<{ campaign: string; units: string }>(
          `select a.key as campaign, a.conversions as units
             from crm.get_attribution(current_date - 1, current_date + 1, 'first', 'campaign') a where a.conversions > 0`,
        );
        return rows;
      });
      expect(credits).toEqual([{ campaign: `premiere ${serial}`, units: '1.0000' }]);
    });

    test('what is done with a mail is of the lead that its reader has become', async () => {
      const lead = await leadOf(mail);
      const other = await mailing.lead(`other${serial}@letters.test`);
      await actAs(served.database, mailing.cast.owner, (client) =>
        client.query('select crm.merge_leads($1, $2)', [other, lead]),
      );
      await visit(links.open(ref()));
      expect(
        await mailing.query(
          'select lead_id from marketing.email_interactions where queued_email_id = $1',
          [mail],
        ),
      ).toEqual([{ lead_id: other }]);
    });

    test('it leads nowhere else', async () => {
      const good = links.click(ref(), 'https://lumen.test/');
      const addresses = [
        good.replace('lumen.test', 'evil.test'),
        good.replace(/\?.*/, ''),
        `${good}&to=${encodeURIComponent('https://evil.test/')}`,
        new MailLinks([Buffer.alloc(32, 9)], served.url()).click(ref(), 'https://evil.test/'),
        // even signed
        links.click(ref(), 'javascript:alert(1)'),
        links.click(ref(), '//evil.test/'),
      ];
      for (const address of addresses) {
        const response = await visit(address);
        expect([response.status, response.headers.get('location')]).toEqual([404, null]);
      }
      expect(await interactions()).toEqual([]);
    });

    test('links say nothing of who has them', () => {
      const address = links.click(ref(), 'https://lumen.test/');
      const token = Buffer.from(/click\/([\w-]+)/.exec(address)?.[1] ?? '', 'base64url');
      expect(token).toHaveLength(49);
      expect(token.toString('latin1')).not.toMatch(/reader|letters/);
    });

    test('nobody fills the table by asking again and again', async () => {
      await mailing.query(
        `insert into marketing.email_interactions (organization_id, queued_email_id, kind, source)
         select $1, $2, 'opened', 'pixel' from generate_series(1, 100)`,
        [mailing.organizationId, mail],
      );
      expect((await visit(links.open(ref()))).status).toBe(200);
      expect(await interactions()).toHaveLength(100);
    });
  });

  describe('too much from one address', () => {
    /** Asks so often that no more is written down. */
    async function overdo(target = links.open(ref())) {
      for (let count = 0; count < 20; count += 1) {
        expect((await visit(target)).status).toBe(target.includes('/open/') ? 200 : 302);
      }
    }

    test('is answered, and no more written down', async () => {
      const [first, second] = [mail, await sentMail('second@letters.test')];
      await overdo();
      const point = await visit(links.open(ref(second)));
      expect([point.status, point.headers.get('content-type')]).toEqual([200, 'image/gif']);
      const followed = await visit(links.click(ref(second), 'https://lumen.test/seats'));
      expect([followed.status, followed.headers.get('location')]).toEqual([
        302,
        'https://lumen.test/seats',
      ]);
      expect(await interactions(first)).toHaveLength(20);
      expect(await interactions(second)).toEqual([]);
      // Others are not kept from it.
      await visit(links.open(ref(second)), { headers: { 'x-forwarded-for': '203.0.113.9' } });
      expect(await interactions(second)).toHaveLength(1);
    });

    test('does not keep anybody from unsubscribing', async () => {
      await overdo(links.click(ref(), 'https://lumen.test/'));
      expect((await visit(links.unsubscribe(ref()))).status).toBe(200);
      expect((await visit(links.unsubscribe(ref()), { method: 'POST' })).status).toBe(200);
      expect(await suppressions()).toEqual([{ reason: 'unsubscribed' }]);
      // Whoever is, and asks again and again, is answered alike.
      const before = await interactions();
      const again = await visit(links.unsubscribe(ref()), { method: 'POST' });
      expect(await again.text()).toContain('You are unsubscribed');
      expect(await interactions()).toEqual(before);
    });

    test('is refused where it is reports, whether they are signed or not', async () => {
      await overdo();
      const send = (path: string, headers = address()) =>
        fetch(`${served.url()}/mail/${path}/${mailing.organizationId}`, {
          method: 'POST',
          body: '{}',
          headers,
        });
      // What readers do does not count against their mail service.
      for (let count = 0; count < 20; count += 1) {
        expect((await send(count % 2 ? 'events' : 'inbound')).status).toBe(401);
      }
      for (const path of ['events', 'inbound']) {
        const refused = await send(path);
        expect(refused.status).toBe(429);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await refused.json()).toMatchObject({
          errors: [{ extensions: { code: 'RATE_LIMITED', limit: 20, windowSeconds: 60 } }],
        });
      }
      expect((await send('events', { 'x-forwarded-for': '203.0.113.10' })).status).toBe(401);
    });

    test('is counted for a link that was made here alone', async () => {
      for (let count = 0; count < 25; count += 1) {
        await visit(`${served.url()}/mail/open/made-up.gif`);
      }
      await visit(links.open(ref()));
      expect(await interactions()).toHaveLength(1);
    });
  });

  describe('reports', () => {
    const secret = (version = 1) => links.webhookSecret(mailing.organizationId, version);
    const send = (
      path: string,
      text: string,
      { key = secret(), seconds = Math.floor(Date.now() / 1000), to = mailing.organizationId } = {},
    ) => {
      const body = Buffer.from(text);
      return fetch(`${served.url()}/mail/${path}/${to}`, {
        method: 'POST',
        body,
        headers: { 'callboard-signature': signatureOf(key, body, seconds), ...address() },
      });
    };
    const events = (...list: object[]) => JSON.stringify({ events: list });
    let event = 0;
    const fresh = () => `event-${(event += 1)}`;

    test('of bounces and complaints suppress the address, each once', async () => {
      const bounce = {
        id: fresh(),
        type: 'bounced',
        bounce: 'hard',
        mailId: mail,
        reason: '550 no such user',
      };
      const first = await send('events', events(bounce));
      expect([first.status, await first.json()]).toEqual([200, { received: 1, taken: 1 }]);
      expect(await (await send('events', events(bounce))).json()).toEqual({
        received: 1,
        taken: 0,
      });
      expect(await interactions()).toMatchObject([
        { kind: 'bounced', source: 'webhook', is_hard_bounce: true },
      ]);
      expect(await suppressions()).toEqual([{ reason: 'hard_bounce' }]);
      await send(
        'events',
        events({ id: fresh(), type: 'complained', messageId: `<${mail}@callboard.test>` }),
      );
      expect(await suppressions()).toEqual([{ reason: 'hard_bounce' }, { reason: 'complaint' }]);
      expect((await mailing.row(mail)).bounced_at).not.toBeNull();
    });

    test('of soft bounces do for three days; of an address alone too', async () => {
      await send('events', events({ id: fresh(), type: 'bounced', bounce: 'soft', mailId: mail }));
      const [row] = await mailing.query<{ days: number }>(
        `select round(extract(epoch from expires_at - now()) / 86400)::int as days
           from marketing.email_suppressions where email = $1`,
        [`reader${serial}@letters.test`],
      );
      expect(row?.days).toBe(3);
      await send(
        'events',
        events({ id: fresh(), type: 'complained', email: 'Stranger@Letters.test' }),
      );
      expect(await suppressions('stranger@letters.test')).toEqual([{ reason: 'complaint' }]);
    });

    test('of an address alone count once too, and are of its lead', async () => {
      const bounce = { id: fresh(), type: 'bounced', bounce: 'soft', email: 'Alone@Letters.test' };
      const report = async (...list: object[]) =>
        ((await (await send('events', events(...list))).json()) as { taken: number }).taken;
      const lead = await mailing.lead('alone@letters.test');
      expect(await report(bounce, bounce)).toBe(1);
      await mailing.query(
        `update marketing.email_suppressions set expires_at = now() - interval '1 minute' where email = $1`,
        ['alone@letters.test'],
      );
      expect(await report(bounce)).toBe(0);
      expect(
        await mailing.query(
          `select 1 from marketing.email_suppressions where email = $1 and expires_at > now()`,
          ['alone@letters.test'],
        ),
      ).toEqual([]);
      // Told of a mail before, it is not told anew of an address.
      const complaint = { id: fresh(), type: 'complained' };
      expect(await report({ ...complaint, mailId: mail })).toBe(1);
      expect(await report({ ...complaint, email: 'alone@letters.test' })).toBe(0);
      // Another one counts; of a stranger too, who may become a lead.
      expect(await report({ ...bounce, id: fresh() })).toBe(1);
      expect(await report({ ...bounce, id: fresh(), email: 'nobody@letters.test' })).toBe(1);
      expect(
        await mailing.query(
          `select kind, is_hard_bounce, lead_id from marketing.email_interactions
            where organization_id = $1 and queued_email_id is null and kind = 'bounced' order by lead_id`,
          [mailing.organizationId],
        ),
      ).toEqual([
        { kind: 'bounced', is_hard_bounce: false, lead_id: lead },
        { kind: 'bounced', is_hard_bounce: false, lead_id: lead },
        { kind: 'bounced', is_hard_bounce: false, lead_id: null },
      ]);
    });

    test('of unsubscribing at an address withdraw consent, which no import gives back', async () => {
      const email = `reader${serial}@letters.test`;
      const lead = await leadOf(mail);
      await send('events', events({ id: fresh(), type: 'unsubscribed', email }));
      expect(await suppressions()).toEqual([{ reason: 'unsubscribed' }]);
      expect(await consent()).toBe('withdrawn');
      const imported = async () => {
        const { rows } = await actAs(served.database, mailing.cast.owner, (client) =>
          client.query<{ field: string | null }>(
            `select o.field from crm.upsert_leads(array[
               jsonb_populate_record(null::crm.lead_draft, $1)]) o`,
            [{ email, email_consent: 'granted' }],
          ),
        );
        return rows[0]?.field;
      };
      expect(await imported()).toBe('email_consent');
      expect(await consent()).toBe('withdrawn');
      // Nor where the lead was archived meanwhile, however often.
      await mailing.query('update crm.leads set deleted_at = now() where id = $1', [lead]);
      expect(await imported()).toBe('email_consent');
      expect(await imported()).toBe('email_consent');
      expect(
        await mailing.query(
          'select email_consent, email_consent_source from crm.leads where email = $1 and deleted_at is null',
          [email],
        ),
      ).toEqual([
        {
          email_consent: 'withdrawn',
          email_consent_source: 'Unsubscribed at this address before',
        },
      ]);
      expect(await suppressions()).toEqual([{ reason: 'unsubscribed' }]);
      await mailing.query(
        `update crm.leads set email_consent = 'granted' where email = $1 and deleted_at is null`,
        [email],
      );
      expect(await suppressions()).toEqual([]);
    });

    test('of deliveries and answers are noted, and settle what was uncertain', async () => {
      await mailing.query(
        `update marketing.email_queue set status = 'uncertain', sent_at = null, claim_id = gen_random_uuid() where id = $1`,
        [mail],
      );
      await send(
        'events',
        events(
          { id: fresh(), type: 'delivered', mailId: mail },
          { id: fresh(), type: 'replied', mailId: mail },
        ),
      );
      expect((await interactions()).map(({ kind }) => kind).sort()).toEqual([
        'delivered',
        'replied',
      ]);
      expect(await mailing.row(mail)).toMatchObject({ status: 'sent' });
    });

    test('of mails of another organization do not count', async () => {
      const other = await Mailing.make(served.database, `elsewhere${serial}`);
      const theirs = await other.mailTo('theirs@letters.test');
      await other.query(
        `update marketing.email_queue set status = 'sent', email = 'theirs@letters.test', attempts = 1, sent_at = now() where id = $1`,
        [theirs],
      );
      const answer = await send(
        'events',
        events({ id: fresh(), type: 'complained', mailId: theirs }),
      );
      expect(await answer.json()).toEqual({ received: 1, taken: 0 });
      expect(await suppressions('theirs@letters.test')).toEqual([]);
      // Nor does this organization's secret open the other's door.
      expect((await send('events', events(), { to: other.organizationId })).status).toBe(401);
    });

    test.each(['suspended', 'closed'])(
      'are heard of an organization that is %s: its mails are out there',
      async (status) => {
        const become = (to: string) =>
          mailing.query('update tenancy.organizations set status = $2 where id = $1', [
            mailing.organizationId,
            to,
          ]);
        await become(status);
        try {
          const answer = await send(
            'events',
            events({ id: fresh(), type: 'complained', mailId: mail }),
          );
          expect([answer.status, await answer.json()]).toEqual([200, { received: 1, taken: 1 }]);
          expect(await suppressions()).toEqual([{ reason: 'complaint' }]);
        } finally {
          await become('active');
        }
      },
    );

    test('are refused without a signature of this organization, of now', async () => {
      const text = events({ id: fresh(), type: 'complained', mailId: mail });
      const late = Math.floor(Date.now() / 1000) - 301;
      const refused = [
        await send('events', text, { key: 'whsec_guess' }),
        await send('events', text, { key: secret(2) }),
        await send('events', text, { seconds: late }),
        await send('events', text, { seconds: late + 700 }),
        await send('events', text, { to: '00000000-0000-4000-8000-000000000000' }),
        await send('events', text, { to: 'nobody' }),
        await fetch(`${served.url()}/mail/events/${mailing.organizationId}`, {
          method: 'POST',
          body: text,
        }),
      ];
      expect(refused.map(({ status }) => status)).toEqual(Array(7).fill(401));
      const body = Buffer.from(text);
      const signature = signatureOf(secret(), body, Math.floor(Date.now() / 1000));
      const changed = await fetch(`${served.url()}/mail/events/${mailing.organizationId}`, {
        method: 'POST',
        body: text.replace('complained', 'delivered '),
        headers: { 'callboard-signature': signature },
      });
      expect(changed.status).toBe(401);
      expect(await interactions()).toEqual([]);
    });

    test.each([
      ['no JSON', '{', 'no JSON'],
      ['no list', '{}', 'events has to be a list'],
      [
        'an unknown type',
        events({ id: 'a', type: 'exploded', email: 'a@b.test' }),
        'events[0].type',
      ],
      ['no id', events({ type: 'delivered', email: 'a@b.test' }), 'events[0].id'],
      ['nobody', events({ id: 'a', type: 'delivered' }), 'events[0] names neither'],
      [
        'a bounce of no kind',
        events({ id: 'a', type: 'bounced', email: 'a@b.test' }),
        'events[0].bounce',
      ],
      [
        'no time',
        events({ id: 'a', type: 'delivered', email: 'a@b.test', occurredAt: 'soon' }),
        'occurredAt',
      ],
      [
        'half a character',
        events({ id: 'a', type: 'complained', email: 'a@b.test', reason: '550 \ud83d' }),
        'events[0].reason',
      ],
      ['too many', events(...Array.from({ length: 1001 }, () => ({}))), 'more than 1000'],
    ])('with %s are refused, saying where', async (_name, text, message) => {
      const response = await send('events', text);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringContaining(message) }],
      });
    });

    const dsn = (action: string, status: string, id = mail) =>
      [
        'From: MAILER-DAEMON@mx.test',
        'To: post@callboard.test',
        'Subject: Undelivered',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'Sorry.',
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.test',
        '',
        `Final-Recipient: rfc822; reader${serial}@letters.test`,
        `Action: ${action}`,
        `Status: ${status}`,
        'Diagnostic-Code: smtp; 550 5.1.1 no such',
        '  user here',
        '',
        '--b',
        'Content-Type: message/rfc822',
        '',
        `Message-ID: <${id}@callboard.test>`,
        'Subject: Hello',
        '',
        'Hello',
        '--b--',
        '',
      ].join('\r\n');

    test('come as mails: a notice of delivery', async () => {
      await send('inbound', dsn('delayed', '4.4.1'));
      expect(await interactions()).toEqual([]);
      expect(await (await send('inbound', dsn('failed', '5.1.1'))).json()).toEqual({
        received: 1,
        taken: 1,
      });
      expect(await (await send('inbound', dsn('failed', '5.1.1'))).json()).toEqual({
        received: 1,
        taken: 0,
      });
      expect(await interactions()).toMatchObject([
        { kind: 'bounced', source: 'message', is_hard_bounce: true },
      ]);
      expect(await suppressions()).toEqual([{ reason: 'hard_bounce' }]);
    });

    test.each([
      ['an address that is none', (text: string) => text.replace('@letters.test', '@a@b')],
      ['an endless address', (text: string) => text.replace('@letters', `@${'a'.repeat(255)}`)],
      ['a NUL in an address', (text: string) => text.replace('@letters', '@\0letters')],
      ['a NUL in what it says', (text: string) => text.replace('user here', '\0')],
      [
        'a long story cut within a character',
        (text: string) => text.replace('user here', '\u{1f600}'.repeat(900)),
      ],
    ])('%s does not keep a notice from being heard', async (_name, change) => {
      const answer = await send('inbound', change(dsn('failed', '5.1.1')));
      expect([answer.status, await answer.json()]).toEqual([200, { received: 1, taken: 1 }]);
      // Of a mail that is not here, there is only the address.
      const stranger = dsn('failed', '5.1.1', '00000000-0000-4000-8000-000000000000');
      expect((await send('inbound', change(stranger))).status).toBe(200);
    });

    test('a full box is no dead address', async () => {
      await send('inbound', dsn('failed', '5.2.2'));
      expect(await interactions()).toMatchObject([{ is_hard_bounce: false }]);
      expect(await suppressions()).toEqual([{ reason: 'soft_bounce' }]);
    });

    test('a complaint', async () => {
      const arf = [
        'From: fbl@mx.test',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'This is an abuse report.',
        '--b',
        'Content-Type: message/feedback-report',
        '',
        'Feedback-Type: abuse',
        'User-Agent: Loop/1.0',
        'Version: 1',
        '',
        '--b',
        'Content-Type: text/rfc822-headers',
        '',
        `Message-ID: <${mail}@callboard.test>`,
        '',
        '--b--',
        '',
      ].join('\r\n');
      await send('inbound', arf);
      expect(await interactions()).toMatchObject([{ kind: 'complained', source: 'message' }]);
      expect(await suppressions()).toEqual([{ reason: 'complaint' }]);
    });

    test('an answer, unless a machine gave it', async () => {
      const answer = (...more: string[]) =>
        [
          `From: reader${serial}@letters.test`,
          'Subject: Re: Hello',
          `In-Reply-To: <${mail}@callboard.test>`,
          ...more,
          '',
          'Thanks!',
        ].join('\r\n');
      await send('inbound', answer('Auto-Submitted: auto-replied'));
      expect(await interactions()).toEqual([]);
      await send('inbound', answer());
      expect(await interactions()).toMatchObject([{ kind: 'replied' }]);
      expect(await suppressions()).toEqual([]);
    });

    describe('that came to the address of a mail', () => {
      const path = (id = mail) => links.returnPath(ref(id), 'bounces@callboard.test');
      const notice = (text: string, to: string, ...more: string[]) =>
        ['From: MAILER-DAEMON@mx.test', `To: ${to}`, ...more, '', text].join('\r\n');

      test('are about that mail, whoever wrote them and how', async () => {
        // Without the headers of the mail that came back, and without its reader; with the case lost on the way.
        const headless = dsn('failed', '5.1.1')
          .replace(/^To: .*$/m, `To: <${path().toUpperCase()}>`)
          .replace(/^Final-Recipient: .*\r\n/m, '')
          .replace(/^Message-ID: .*\r\n/m, '');
        expect(await (await send('inbound', headless)).json()).toEqual({ received: 1, taken: 1 });
        expect(await interactions()).toMatchObject([{ kind: 'bounced', is_hard_bounce: true }]);
        expect(await suppressions()).toEqual([{ reason: 'hard_bounce' }]);
      });

      test.each([
        ['for good', 'Sorry:\r\n550 5.1.1 <x@y.test> user unknown', [true], 'hard_bounce'],
        ['a full box', 'Sorry: 5.2.2 over quota', [false], 'soft_bounce'],
        ['our sender', 'Sorry:\r\n553 5.1.8 <x@y.test> sender rejected', [false], 'soft_bounce'],
        ['who has no mail', 'Sorry: 5.1.10 null MX', [true], 'hard_bounce'],
        ['without a status', 'Sorry:\r\n554 delivery error', [false], 'soft_bounce'],
        ['not yet', 'Still trying: 4.4.1 no answer', [], undefined],
        ['nothing', 'Your call is 15.1.1.2 to us', [], undefined],
      ])('may be in plain words: %s', async (_name, text, hard, reason) => {
        await send('inbound', notice(text, path()));
        expect((await interactions()).map((each) => each['is_hard_bounce'])).toEqual(hard);
        expect(await suppressions()).toEqual(reason === undefined ? [] : [{ reason }]);
      });

      test('count from mail servers alone, and for an address that was made here for it', async () => {
        const text = '550 5.1.1 no such user';
        const other = await Mailing.make(served.database, `returned${serial}`);
        const forged = new MailLinks([Buffer.alloc(32, 9)], served.url());
        for (const message of [
          // whoever is away
          notice(text, path()).replace('MAILER-DAEMON', 'ada'),
          notice(text, forged.returnPath(ref(), 'bounces@callboard.test')),
          notice(
            text,
            links.returnPath(
              { ...ref(), organizationId: other.organizationId },
              'b@callboard.test',
            ),
          ),
          notice(
            text,
            path().replace(/.@/, (end) => (end === '0@' ? '1@' : '0@')),
          ),
          notice(text, 'bounces@callboard.test'),
        ]) {
          expect(await (await send('inbound', message)).json()).toEqual({ received: 0, taken: 0 });
        }
        // By the address that it was delivered to, and by the sender of the envelope.
        const delivered = notice(text, 'somebody@callboard.test', `Delivered-To: ${path()}`)
          .replace('MAILER-DAEMON', 'mail')
          .concat('\r\n');
        await send('inbound', `Return-Path: <>\r\n${delivered}`);
        expect(await interactions()).toMatchObject([{ kind: 'bounced' }]);
      });
    });

    test('what is none of these says nothing', async () => {
      const answer = await send('inbound', 'Subject: Buy now\r\n\r\nCheap!');
      expect([answer.status, await answer.json()]).toEqual([200, { received: 0, taken: 0 }]);
      expect((await send('inbound', '')).status).toBe(200);
    });
  });

  test('the log does not have the tokens of links', async () => {
    await visit(links.unsubscribe(ref()));
    const token = links.unsubscribe(ref()).split('/').pop() ?? '';
    expect(await served.lines.line({ path: '/mail/unsubscribe/…' })).toMatchObject({ status: 200 });
    expect(served.lines.text).not.toContain(token);
  });
});
