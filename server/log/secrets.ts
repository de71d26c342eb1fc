const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  // Passwords in addresses of databases.
  [/\b(postgres(?:ql)?:\/\/[^\s:@/]*):[^\s@]*@/gi, '$1:[redacted]@'],
  [/\bBearer\s+\S+/gi, 'Bearer [redacted]'],
  // JSON web tokens, wherever they turn up.
  [/\beyJ[\w-]{8,}\.[\w-]*\.?[\w-]*/g, '[redacted]'],
];

/** A text without the secrets that it may quote. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const [secret, replacement] of SECRET_TEXTS) clean = clean.replace(secret, replacement);
  return clean;
}

const SECRET_NAME =
  /authorization|cookie|password|passwd|token|secret|credential|api_?key|connection_?string|database(owner)?_?url|otp/i;

/** How deep secrets are looked for in what is logged. */
const DEPTH = 4;

/** What is known about names, so that the expression runs once for each. Names come from code; this keeps it to that. */
const known = new Map<string, boolean>();
const NAMES = 1_000;

function isSecret(name: string): boolean {
  let secret = known.get(name);
  if (secret === undefined) {
    secret = SECRET_NAME.test(name);
    if (known.size < NAMES) known.set(name, secret);
  }
  return secret;
}

/**
 * An object without the values whose names say that they are secret, at any depth that is worth looking at. Nothing secret
 * is logged on purpose: this is for the day when somebody logs a whole request. The object itself where there is none.
 */
export function redacted<T extends object>(value: T, depth = 0): T {
  let copy: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    let replacement = item as unknown;
    if (typeof item === 'string' && isSecret(name)) {
      replacement = '[redacted]';
    } else if (
      typeof item === 'object' &&
      item !== null &&
      depth < DEPTH &&
      isPlain(item as object)
    ) {
      replacement = isSecret(name) ? '[redacted]' : redacted(item as object, depth + 1);
    }
    if (replacement !== item) {
      copy ??= { ...(value as Record<string, unknown>) };
      copy[name] = replacement;
    }
  }
  return copy && Array.isArray(value) ? (Object.values(copy) as T) : ((copy ?? value) as T);
}

/** Errors are written by a serializer of their own. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
};
