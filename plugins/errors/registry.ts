/** What a client gets for an error that the database raises. */
export type ErrorDescription = {
  /** `extensions.code`. */
  readonly code: string;
  /** SQLSTATEs, or classes of them such as `08*`. Empty: it arises before the database is asked. */
  readonly sqlstates: readonly string[];
  /** Whether the detail of the database is a JSON object whose keys become extensions of their own. */
  readonly states?: true;
  /** The HTTP status, where it is another than 200. */
  readonly status?: number;
  /** Whether the message of the database is written for clients. */
  readonly speaks?: true;
  /** What clients read, where the database does not speak to them. `{field}` is the field. */
  readonly message?: string;
  /** The same where no field is known; without it, `message` names none. */
  readonly unnamed?: string;
  /** The same where `{fields}`, several, are wrong together. */
  readonly together?: string;
  readonly hint?: string;
  /** For the documentation: when it happens and what to do. */
  readonly when: string;
};

/** Every error code of the API. `docs/ERRORS.md` is made of it. */
export const ERRORS = [
  {
    code: 'UNAUTHENTICATED',
    sqlstates: ['CB001'],
    speaks: true,
    when: 'Nobody is signed in, or the access token, its session or the API key is wrong or over: then also HTTP 401. Sign in or refresh the session.',
  },
  {
    code: 'INVALID_INPUT',
    sqlstates: ['CB002'],
    speaks: true,
    when: 'An argument is wrong; `field` names it.',
  },
  {
    code: 'FORBIDDEN',
    sqlstates: ['CB003'],
    speaks: true,
    when: 'The caller lacks the permission, which `detail` names.',
  },
  {
    code: 'NOT_FOUND_OR_FORBIDDEN',
    sqlstates: ['CB004'],
    speaks: true,
    when: 'There is no such row, or none that the caller may touch. Which of the two is not said.',
  },
  {
    code: 'CONFLICT',
    sqlstates: ['CB005'],
    speaks: true,
    when: 'What is there already stands in the way.',
  },
  {
    code: 'INVALID_TRANSITION',
    sqlstates: ['CB006'],
    speaks: true,
    when: 'A status cannot follow the present one; `hint` lists those that can.',
  },
  {
    code: 'DEPENDENCY_CYCLE',
    sqlstates: ['CB007'],
    speaks: true,
    when: 'A link would close a circle; `detail` names its tasks.',
  },
  {
    code: 'INVALID_CREDENTIALS',
    sqlstates: ['CB008'],
    speaks: true,
    when: 'E-mail address and password, or a refresh token, that do not match.',
  },
  {
    code: 'CUSTOM_FIELD_INVALID',
    sqlstates: ['CB009'],
    speaks: true,
    when: 'A custom field does not fit its definition; `field` names it.',
  },
  {
    code: 'LIMIT_REACHED',
    sqlstates: ['CB025'],
    speaks: true,
    states: true,
    when: 'The plan of the organization allows no more: `metric`, `limit`, `used` and `asked` say of what; `hint` names a plan that allows it.',
  },
  {
    code: 'PAYMENT_REQUIRED',
    sqlstates: ['CB026'],
    speaks: true,
    when: 'The plan costs something, and the organization has no payment method that serves. Add one first.',
  },
  {
    code: 'TOO_MANY_ATTEMPTS',
    sqlstates: ['CB010'],
    speaks: true,
    when: 'Too many sign-ins or codes have failed as this user or from this sender; `retryAfter` says how many seconds to wait.',
  },
  {
    code: 'LINK_INVALID',
    sqlstates: ['CB011'],
    speaks: true,
    when: 'The token of a link in a mail is unknown, used or out of date. Ask for a new one.',
  },
  {
    code: 'SECOND_FACTOR_INVALID',
    sqlstates: ['CB015'],
    speaks: true,
    when: 'The code of the second factor is wrong or has served already. Ask for another.',
  },
  {
    code: 'SIGN_IN_EXPIRED',
    sqlstates: ['CB016'],
    speaks: true,
    when: 'A challenge, or a code of a sign-in with a provider, is too old, used up or unknown. Begin again.',
  },
  {
    code: 'ACCOUNT_NOT_LINKED',
    sqlstates: ['CB017'],
    speaks: true,
    when: 'The account at the provider cannot be matched with one here, because the e-mail address is not verified on both sides. Sign in another way and link it.',
  },
  {
    code: 'REAUTHENTICATION_REQUIRED',
    sqlstates: ['CB018'],
    speaks: true,
    when: 'It is too long since the caller signed in: ask for the password, or have them sign in again.',
  },
  {
    code: 'CONSENT_REQUIRED',
    sqlstates: ['CB050'],
    speaks: true,
    when: 'Whoever has unsubscribed gets mail again once they have agreed to it, and in no other way: set emailConsent of the lead when they have.',
  },
  {
    code: 'RECIPIENT_SUPPRESSED',
    sqlstates: ['CB051'],
    speaks: true,
    when: 'The lead gets no mail; `detail` says why: unsubscribed, hard_bounce, soft_bounce, complaint, manual or consent_withdrawn.',
  },
  {
    code: 'TEMPLATE_INVALID',
    sqlstates: [],
    when: 'A template of mails would not render: `part` (subject, html, text or variables) and `line` say where, `variable` which one is neither declared nor given with every mail.',
  },
  {
    code: 'LAST_OWNER',
    sqlstates: ['CB020'],
    speaks: true,
    when: 'An organization would be without an active owner. Make somebody else an owner first, as transferOwnership does.',
  },
  {
    code: 'INVITATION_INVALID',
    sqlstates: ['CB021'],
    speaks: true,
    when: 'An invitation cannot be accepted; `detail` says why: unknown, accepted, revoked, expired, inviter (may no longer invite) or organization (is not active).',
  },
  {
    code: 'SECOND_FACTOR_REQUIRED',
    sqlstates: ['CB019'],
    speaks: true,
    when: 'The organization lets in those only who have a second factor. Set one up; nothing else changes.',
  },
  {
    code: 'EMBEDDING_MISMATCH',
    sqlstates: ['CB070'],
    speaks: true,
    states: true,
    when: 'An embedding has not as many numbers as those of the active model: `model` and `dimension` say what is compared with, `given` how many there were. Embed with that model.',
  },
  {
    code: 'NOT_UNIQUE',
    sqlstates: ['23505'],
    message: 'There is already a row with this {field}.',
    unnamed: 'There is already such a row.',
    when: 'Another row has the same values; `field` names the last of them, `constraint` the rule.',
  },
  {
    code: 'NOT_UNIQUE',
    sqlstates: ['23P01'],
    message: 'It overlaps with what is there already.',
    when: 'Two spans overlap that must not.',
  },
  {
    code: 'UNKNOWN_REFERENCE',
    sqlstates: ['23503'],
    message: 'There is no row that {field} could point at, or one still points here.',
    unnamed: 'There is no row to point at, or one still points here.',
    when: 'What `field` points at does not exist in this organization, or is still pointed at.',
  },
  {
    code: 'CHECK_FAILED',
    sqlstates: ['23514'],
    message: 'The value of {field} is not allowed.',
    unnamed: 'A value is not allowed.',
    together: 'The values of {fields} do not go together.',
    when: 'A value breaks a rule of its table: `field` names it, or `fields` those that do not go together; `constraint` names the rule, `hint` says what it wants.',
  },
  {
    code: 'REQUIRED',
    sqlstates: ['23502'],
    message: 'A value for {field} is required.',
    unnamed: 'A value is required.',
    when: 'A value is missing; `field` names it.',
  },
  {
    code: 'INVALID_INPUT',
    sqlstates: ['22021', '22P05'],
    message: 'A text holds a character that texts cannot hold, such as U+0000.',
    when: 'A text holds the character U+0000, or half of one.',
  },
  {
    code: 'INVALID_INPUT',
    sqlstates: ['22*'],
    message: 'A value has the wrong form or is out of range.',
    when: 'A value does not fit its type: too long, too large, not a date.',
  },
  {
    code: 'INVALID_INPUT',
    sqlstates: ['54000'],
    message: 'A value is too long.',
    when: 'A text is longer than an index, or anything else, can hold.',
  },
  {
    code: 'FORBIDDEN',
    sqlstates: ['42501'],
    message: 'You may not do this.',
    when: 'Row security or a missing grant refuses.',
  },
  {
    code: 'READ_ONLY',
    sqlstates: ['25006'],
    message: 'A query cannot change anything: use a mutation.',
    when: 'A query field tried to write.',
  },
  {
    code: 'TIMEOUT',
    sqlstates: ['57014'],
    message: 'This took too long and was cancelled.',
    hint: 'Ask for less at a time.',
    when: 'A statement ran into the time limit.',
  },
  {
    code: 'SERIALIZATION_FAILURE',
    sqlstates: ['40001', '40P01'],
    message: 'Somebody changed the same rows at the same time.',
    hint: 'Try again.',
    when: 'Two transactions were in each other’s way. Trying again helps.',
  },
  {
    code: 'LOCKED',
    sqlstates: ['55P03'],
    message: 'Somebody is changing this row.',
    hint: 'Try again.',
    when: 'A lock could not be had in time.',
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    sqlstates: ['08*', '57P*', '53*', '3D000', '28*'],
    status: 503,
    message: 'The database cannot be reached.',
    hint: 'Try again later.',
    when: 'The database is down, starting, full or refuses the server. HTTP 503.',
  },
  {
    code: 'RATE_LIMITED',
    sqlstates: [],
    status: 429,
    when: 'Too much was asked for in too short a time; `limit` says how much there may be in `windowSeconds`, `retryAfter` after how many seconds to try again. HTTP 429.',
  },
  {
    code: 'PAGE_TOO_LARGE',
    sqlstates: [],
    when: '`first` or `last` asks for more rows than a page has; `limit` says how many it has.',
  },
  {
    code: 'PROVIDER_REFUSED',
    sqlstates: [],
    when: 'The person did not allow the sign-in at the provider, or the provider did not allow them. As `sign_in_error` in the address that they come back to.',
  },
  {
    code: 'PROVIDER_UNAVAILABLE',
    sqlstates: [],
    when: 'A provider does not answer. HTTP 503 of `/auth/…`, or as `sign_in_error`.',
  },
  {
    code: 'PROVIDER_FAILED',
    sqlstates: [],
    when: 'A provider gave an answer that does not hold: wrong signature, wrong nonce, no JSON. HTTP 502 of `/auth/…`.',
  },
  {
    code: 'QUERY_LIMIT_EXCEEDED',
    sqlstates: [],
    status: 400,
    when: 'The document, or what its variables make of it, is too much: `measure` says in which way (`depth`, `cost`, …), `limit` how much may be, `value` how much it is at least. See [LIMITS.md](LIMITS.md). HTTP 400.',
  },
  {
    code: 'REQUEST_TOO_LARGE',
    sqlstates: [],
    status: 413,
    when: 'The request has more bytes than `limit`: `value`, or more. HTTP 413.',
  },
  {
    code: 'INTROSPECTION_DISABLED',
    sqlstates: [],
    status: 400,
    when: 'The server does not tell its schema. HTTP 400.',
  },
  {
    code: 'DOCUMENT_NOT_TRUSTED',
    sqlstates: [],
    status: 400,
    when: 'The server runs registered documents only, and this is none of them. HTTP 400.',
  },
  {
    code: 'PERSISTED_QUERY_NOT_FOUND',
    sqlstates: [],
    status: 400,
    when: 'No document is registered under this id: send the query itself. HTTP 400.',
  },
  {
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
    sqlstates: [],
    status: 400,
    when: 'The server has no registered documents: send the query itself. HTTP 400.',
  },
  { code: 'GRAPHQL_PARSE_FAILED', sqlstates: [], when: 'The document is not GraphQL.' },
  {
    code: 'GRAPHQL_VALIDATION_FAILED',
    sqlstates: [],
    when: 'The document does not fit the schema.',
  },
  {
    code: 'BAD_REQUEST',
    sqlstates: [],
    when: 'The HTTP request is not one for GraphQL. HTTP 400, 404, 405, 406 or 415.',
  },
  {
    code: 'INTERNAL_ERROR',
    sqlstates: [],
    when: 'Everything else. The message has an id under which the log says more.',
  },
] as const satisfies readonly ErrorDescription[];

export type ErrorCode = (typeof ERRORS)[number]['code'];

const exact = new Map<string, ErrorDescription>();
const classes = new Map<string, ErrorDescription>();
for (const error of ERRORS as readonly ErrorDescription[]) {
  for (const sqlstate of error.sqlstates) {
    if (sqlstate.endsWith('*')) classes.set(sqlstate.slice(0, -1), error);
    else exact.set(sqlstate, error);
  }
}

/** What the registry says about an SQLSTATE; undefined: it is none that clients learn about. */
export function describeSqlstate(sqlstate: string): ErrorDescription | undefined {
  return (
    exact.get(sqlstate) ?? classes.get(sqlstate.slice(0, 3)) ?? classes.get(sqlstate.slice(0, 2))
  );
}

/** What clients read of an error that the database words for nobody. `fields` are those that have to change. */
export function messageOf(
  { code, message = code, together, unnamed }: ErrorDescription,
  fields: readonly string[],
): string {
  if (fields.length > 1 && together) {
    const names = `${fields.slice(0, -1).join(', ')} and ${fields.at(-1)}`;
    return together.replace('{fields}', names);
  }
  const [field] = fields;
  return field === undefined ? (unnamed ?? message) : message.replace('{field}', field);
}

/** The HTTP status that goes with a code. */
export function statusOf(code: string): number | undefined {
  return (ERRORS as readonly ErrorDescription[]).find(
    (error) => error.code === code && error.status,
  )?.status;
}
