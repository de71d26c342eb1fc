import type { Request, Response } from 'express';
import { pagePolicy } from '../http/headers.ts';

/** Why a sign-in by a provider cannot go on. */
export type Failure = {
  readonly status: number;
  readonly code: string;
  /** One sentence for whoever signs in. */
  readonly message: string;
};

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (each) => ESCAPES[each] ?? each);

const page = ({ message, code }: Failure, appUrl: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign-in failed</title>
<style>
  body { max-width: 34em; margin: 15vh auto; padding: 0 1.5em; font: 16px/1.5 system-ui, sans-serif; color: #1d1b20 }
  h1 { font-size: 1.4em }
  small { color: #5d5862 }
  a { color: #b3261e }
</style>
<h1>Sign-in failed</h1>
<p>${escaped(message)}</p>
<p><small>${escaped(code)}</small></p>
<p><a href="${escaped(appUrl)}">Back</a></p>
</html>
`;

/** Says it as a page to a browser, and as the API says errors to everything else. */
export function sendFailure(
  request: Request,
  response: Response,
  failure: Failure,
  appUrl: string,
): void {
  const { status, code, message } = failure;
  response.status(status);
  if (request.accepts(['json', 'html']) === 'html') {
    const html = page(failure, appUrl);
    response.set('content-security-policy', pagePolicy(html)).type('html').send(html);
  } else {
    response.json({ errors: [{ message, extensions: { code } }] });
  }
}
