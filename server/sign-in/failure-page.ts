import type { Request, Response } from 'express';

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
    response.type('html').send(page(failure, appUrl));
  } else {
    response.json({ errors: [{ message, extensions: { code } }] });
  }
}
