import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { composeMail, type ClaimedMail } from '../../worker/marketing/compose.ts';
import { appendToBody, rewriteLinks } from '../../worker/marketing/html.ts';
import { SenderAddresses } from '../../worker/marketing/sender-address.ts';
import { CompiledTemplate } from '../../worker/marketing/template.ts';
import { links } from './mailing.ts';

const ROOT = path.join(import.meta.dirname, '../..');

/** What a module prints, in a process that can be stopped: nothing stops this one while an expression looks at a text. */
function printed(module: string): string {
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', module],
    { cwd: ROOT, encoding: 'utf8', timeout: 25_000 },
  );
  if (error) throw error;
  return stdout || stderr;
}

describe('what others write does not keep a process from everything else:', () => {
  const reading = (expression: string) =>
    JSON.parse(
      printed(`
        import { reportsInMail } from './server/mail/report-mail.ts';
        const read = (text, mailOf = () => undefined) =>
          reportsInMail(Buffer.from(text), mailOf).catch((error) => error.name);
        const returned = 'From: mailer-daemon@mx.test\\r\\nTo: a@b.test\\r\\n';
        console.log(JSON.stringify(${expression}));`),
    ) as unknown;

  test('a notice to a word without end, or with headers without end', () => {
    expect(
      reading(`[
        await read('To: ' + 'a'.repeat(190_000) + '\\r\\n\\r\\nx'),
        await read('To: ' + 'a'.repeat(1_900_000) + '\\r\\n\\r\\nx'),
      ]`),
    ).toEqual([[], 'ReportError']);
  });

  test('a notice with elements that do not end', () => {
    const text = `returned + 'Content-Type: text/html\\r\\n\\r\\n<p>550 5.1.1 none</p>' + '<'.repeat(4_000_000)`;
    expect(reading(`await read(${text}, () => 'x')`)).toMatchObject([
      { kind: 'bounced', is_hard: true, reason: expect.stringContaining('550 5.1.1 none') },
    ]);
  });

  test('a notice of millions of lines, or about as many readers', () => {
    const head = `'Content-Type: multipart/report; boundary=b\\r\\n\\r\\n--b\\r\\nContent-Type: message/delivery-status\\r\\n\\r\\n'`;
    const about = `'Action: failed\\r\\nFinal-Recipient: rfc822; ada@leads.test\\r\\n\\r\\n'`;
    expect(
      reading(`[
        (await read(${head} + ${about} + '\\r\\n'.repeat(2_400_000))).length,
        (await read(${head} + ${about}.repeat(80_000))).length,
      ]`),
    ).toEqual([1, 100]);
  });

  test.each(['<a ', '<a href ', '<a href   ', ` "'<a `, `<a href='x" href="y`, '<a href=', '<a/'])(
    'HTML full of %s',
    (piece) => {
      const length = printed(`
        import { rewriteLinks } from './worker/marketing/html.ts';
        console.log(rewriteLinks(${JSON.stringify(piece)}.repeat(400_000), () => 'x').length);`);
      expect(Number(length)).toBe(piece.length * 400_000);
    },
  );

  test('a template that nests elements without end', () => {
    expect(
      printed(`
        import { CompiledTemplate } from './worker/marketing/template.ts';
        const html = '{% for a in (1..100000) %}<ul><li>x{% endfor %}'.repeat(3);
        try {
          new CompiledTemplate({ subject: 'Hello', html, variables: [] }).render({});
        } catch ({ name }) {
          console.log(name);
        }`),
    ).toBe('TemplateError\n');
  });
});

describe('links in HTML', () => {
  const rewritten = (html: string) => rewriteLinks(html, (url) => `${url}?seen&read`);

  test.each([
    ['<a href="http://a.test">', '<a href="http://a.test?seen&amp;read">'],
    [
      "<A class=x HREF = 'HTTP://a.test' id=y>",
      '<A class=x HREF = "HTTP://a.test?seen&amp;read" id=y>',
    ],
    ['<a href=http://a.test/ >', '<a href="http://a.test/?seen&amp;read" >'],
    [
      '<area\nshape=rect\nhref=http://a.test>',
      '<area\nshape=rect\nhref="http://a.test?seen&amp;read">',
    ],
    ['<a/href="http://a.test"/>', '<a/href="http://a.test?seen&amp;read"/>'],
    ['<a href="http://a.test?b&amp;c">', '<a href="http://a.test?b&amp;c?seen&amp;read">'],
    // What stands in an attribute is no attribute, and ends nothing.
    [
      '<a title="a < b > c" href="http://a.test">',
      '<a title="a < b > c" href="http://a.test?seen&amp;read">',
    ],
    [
      `<a title=' href="http://b.test"' href="http://a.test">`,
      `<a title=' href="http://b.test"' href="http://a.test?seen&amp;read">`,
    ],
    // Two links beside each other, of which the first does not end.
    [
      '<a href="http://a.test"<p>x</p><a href="http://b.test">',
      '<a href="http://a.test?seen&amp;read"<p>x</p><a href="http://b.test?seen&amp;read">',
    ],
  ])('lead through the server: %s', (html, expected) => {
    expect(rewritten(html)).toBe(expected);
  });

  test.each([
    '<a href="mailto:ada@leads.test">',
    '<a href="#top">',
    '<a href>',
    '<a href=>',
    '<a href="">',
    '<a href="http://">',
    '<a data-href="http://a.test">',
    '<abbr href="http://a.test">',
    '<a>href="http://a.test"',
    '<a href="#top" href="http://a.test">',
    '<a href="http://a.test',
    '<a',
    '',
  ])('stay as they are where they are none: %s', (html) => {
    expect(rewritten(html)).toBe(html);
  });

  test('what is added stands before the end of the body, whatever the letters before it', () => {
    // In small letters it is longer.
    expect(appendToBody('<BODY>İİ</BODY></html>', '+')).toBe('<BODY>İİ+</BODY></html>');
    expect(appendToBody('</body></body >', '+')).toBe('</body>+</body >');
    expect(appendToBody('İ', '+')).toBe('İ+');
  });
});

describe('a mail that is made', () => {
  const made = (html: string, firstName = 'Ada') => {
    const mail: ClaimedMail = {
      id: '00000000-0000-4000-8000-000000000001',
      email: 'ada@leads.test',
      template_id: '00000000-0000-4000-8000-000000000002',
      version: 1,
      purpose: 'marketing',
      context: { lead: { first_name: firstName } },
    };
    return composeMail(
      mail,
      new CompiledTemplate({ subject: 'Hello', html, variables: [] }),
      '00000000-0000-4000-8000-000000000003',
      { trackOpens: false, trackClicks: true },
      { links, addresses: new SenderAddresses('Callboard <post@callboard.test>', []) },
    );
  };
  const count = (text: string, piece: string) => text.split(piece).length - 1;

  test('has a thousand links of each part lead through the server, and more lead where they lead', () => {
    const { html = '', text } = made(
      '{% for i in (1..1200) %}<a href="http://a.test/{{ i }}">x</a>{% endfor %}',
    );
    for (const part of [html, text]) {
      expect(count(part, '/mail/click/')).toBe(1_000);
      expect(count(part, 'http://a.test/')).toBe(200);
    }
  });

  test('may have half a character in an address', () => {
    const { html = '' } = made(
      `<a href="http://a.test/{{ lead.first_name | split: '' | first }}">x</a>`,
      '\u{1f600}',
    );
    expect(html).toContain('?to=http%3A%2F%2Fa.test%2F%EF%BF%BD"');
    const [, token = ''] = /click\/([\w-]+)/.exec(html) ?? [];
    expect(links.read('click', token, 'http://a.test/\ufffd')).toBeDefined();
  });

  test.each([
    ['longer than 1000000 characters', 'xxxxxxxxxxx'],
    ['more than 30000 tags', '<b></b>'],
  ])('is refused when it becomes %s', (message, piece) => {
    expect(() => made(`{% for i in (1..100000) %}${piece}{% endfor %}`)).toThrow(
      `it becomes ${message}`,
    );
  });
});
