import { escapeHtml } from '../../worker/mail/render.ts';

const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>
  body { max-width: 34em; margin: 15vh auto; padding: 0 1.5em; font: 16px/1.5 system-ui, sans-serif; color: #1d1b20 }
  h1 { font-size: 1.4em }
  button { padding: .6em 1.2em; border: 0; border-radius: 6px; background: #b3261e; color: #fff; font: inherit; font-weight: 600; cursor: pointer }
</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>
`;

/** Asks whether mails should stop. Looking at it changes nothing: programs look at links as well. */
export const askPage = (organization: string): string =>
  page(
    'Unsubscribe',
    `<p>You get mails from ${escapeHtml(organization)} at the address that this link was sent to.</p>
<form method="post"><input type="hidden" name="from" value="page"><button>Send me no more</button></form>`,
  );

export const donePage = (organization: string): string =>
  page(
    'You are unsubscribed',
    `<p>${escapeHtml(organization)} sends no more mails of this kind to this address.</p>`,
  );

/** For links that were not made here, or whose mail is gone. */
export const unknownPage = (): string =>
  page(
    'This link is not valid',
    '<p>Perhaps it was cut off on its way. Open it from the mail once more.</p>',
  );
