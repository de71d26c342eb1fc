import { describe, expect, test } from '@jest/globals';
import { button, linksOf, note, paragraph } from '../../worker/mail/compose.ts';
import { renderMail } from '../../worker/mail/render.ts';
import { TEMPLATES } from '../../worker/mail/templates.ts';

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
