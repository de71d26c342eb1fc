import type { JSONValue, RequestDigest } from 'postgraphile/grafserv';
import { RefusedRequest } from './refused.ts';

/**
 * @throws {RefusedRequest} unless it is the one content type that a page elsewhere cannot send without being allowed to: a
 * form, or text, would come with no question asked
 */
function checkType(given: string | undefined): void {
  const [type] = (given ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type === 'application/json') return;
  if (type) throw new RefusedRequest(415, `The content type is ${type}: send application/json.`);
  throw new RefusedRequest(400, 'The content type is missing: send application/json.');
}

function parsed(text: string): JSONValue {
  try {
    // A byte order mark is no JSON, but harmless.
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as JSONValue;
  } catch {
    throw new RefusedRequest(400, 'The request is no JSON.');
  }
}

/**
 * Reads the JSON of a request.
 *
 * @throws {RefusedRequest}
 */
export async function readJson(digest: RequestDigest): Promise<JSONValue> {
  checkType(digest.headers['content-type']);
  const body = await digest.getBody();
  if (body.type === 'json') return body.json;
  return parsed(body.type === 'text' ? body.text : body.buffer.toString('utf8'));
}
