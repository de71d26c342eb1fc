import type { Request } from 'express';

/** Programs that say what they are. */
const PROGRAMS =
  /bot\b|crawl|spider|preview|scan|monitor|barracuda|proofpoint|mimecast|symantec|fireeye|curl|wget|python|okhttp|java\/|go-http|headless|slackbot|whatsapp|facebookexternalhit/i;

/**
 * Whether a program rather than a person asks, as far as it shows: it says so, it fetches ahead, or it is the proxy of a mail
 * program that fetches all pictures of all mails as they come (it says "Mozilla/5.0" and no more). A proxy that fetches when
 * somebody opens the mail counts for that somebody. That a mail is opened in the second in which it was sent is judged by
 * the database.
 */
export function isMachine(request: Request): boolean {
  const agent = request.get('user-agent')?.trim() ?? '';
  const purpose = `${request.get('purpose') ?? ''} ${request.get('sec-purpose') ?? ''} ${request.get('x-moz') ?? ''}`;
  if (/prefetch|preview/i.test(purpose)) return true;
  if (/GoogleImageProxy|YahooMailProxy/.test(agent)) return false;
  return agent === '' || agent === 'Mozilla/5.0' || PROGRAMS.test(agent);
}
