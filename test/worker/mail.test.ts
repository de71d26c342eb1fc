import { describe, expect, test } from '@jest/globals';
import { button, linksOf, note, paragraph } from '../../worker/mail/compose.ts';
import { renderMail } from '../../worker/mail/render.ts';
import { TEMPLATES } from '../../worker/mail/templates.ts';
import { rewriteTextLinks } from '../../worker/marketing/text-links.ts';

const links = linksOf('https://app.callboard.test/studio/');
const NASTY = `<img src=x onerror="alert(1)"> & 'quotes'`;

describe('a mail', () => {
  test.each(Object.entries(TEMPLATES))(
    '%s says the same as text and as HTML',
    (_name, template) => {
      const variables = Object.fromEntries(template.variables.map((name) => [name, `the-${name}`]));
      const { subject, text, html } = renderMail(template.compose(variables, links));
      expect(subject).toMatch(/\S/);
      const read = html
        .replace(/<title>.*<\/title>/, '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ');
      for (const line of text.split('\n').filter((each) => each && each !== '-- ')) {
        expect(read).toContain(line.replace(/:$/, ''));
      }
    },
  );

  test.each(Object.entries(TEMPLATES))(
    '%s escapes whatever its variables hold',
    (_name, template) => {
      const variables = Object.fromEntries(template.variables.map((name) => [name, NASTY]));
      const { html } = renderMail(template.compose(variables, links));
      expect(html).not.toContain('<img');
      expect(html.match(/onerror=(?!&quot;|%22)/)).toBeNull();
    },
  );

  test('has a subject and paragraphs of one line, whatever a name holds', () => {
    const { subject, text } = renderMail({
      subject: 'Hello\r\nBcc: everybody@callboard.test',
      blocks: [
        paragraph('A\n\n-- \nB'),
        note('C\u2028D'),
        button('E\nF', 'https://callboard.test/'),
      ],
    });
    expect(subject).toBe('Hello Bcc: everybody@callboard.test');
    expect(text).toBe('A -- B\n\nC D\n\nE F:\nhttps://callboard.test/\n\n-- \nCallboard\n');
  });

  test('links below the address of the front end, with values encoded', () => {
    expect(links.to('/verify-email', { token: 'a&b=c' })).toBe(
      'https://app.callboard.test/studio/verify-email?token=a%26b%3Dc',
    );
  });
});

describe('links in plain text', () => {
  const marked = (text: string) => rewriteTextLinks(text, (url) => `[[${url}]]`);

  test.each([
    ['https://a.test', '[[https://a.test]]'],
    ['See https://a.test/b.', 'See [[https://a.test/b]].'],
    ['See HTTP://a.test/b?c=d, or not', 'See [[HTTP://a.test/b?c=d]], or not'],
    ['(https://a.test/b)', '([[https://a.test/b]])'],
    ['(https://a.test/b_(c)).', '([[https://a.test/b_(c)]]).'],
    ['[https://a.test/?x[]=1]', '[[[https://a.test/?x[]=1]]]'],
    [
      '"https://a.test/b" and “https://a.test/c”',
      '"[[https://a.test/b]]" and “[[https://a.test/c]]”',
    ],
    ["'https://a.test/it's'", "'[[https://a.test/it's]]'"],
    ['<https://a.test/b).>', '<[[https://a.test/b).]]>'],
    ['us <https://a.test/\n', 'us <[[https://a.test/]]\n'],
    ['https://a.test/ü https://a.test/c!?', '[[https://a.test/ü]] [[https://a.test/c]]!?'],
    ['https:// http://.,', 'https:// http://.,'],
    ['mailto:ada@a.test ftp://a.test www.a.test', 'mailto:ada@a.test ftp://a.test www.a.test'],
    ['', ''],
  ])('%s', (text, expected) => {
    expect(marked(text)).toBe(expected);
  });

  test('are left where there is nothing to put in their place', () => {
    expect(rewriteTextLinks('<https://a.test/> https://a.test/.', () => undefined)).toBe(
      '<https://a.test/> https://a.test/.',
    );
  });

  test('are found at once, however many brackets there are', () => {
    const nasty = `https://a.test/${')'.repeat(200_000)}`;
    expect(marked(nasty)).toBe(`[[https://a.test/]]${')'.repeat(200_000)}`);
  });
});
