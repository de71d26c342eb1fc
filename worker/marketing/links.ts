import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** A mail, as links name it: by ids that tell nobody anything. */
export type MailRef = { readonly organizationId: string; readonly id: string };

/** What a link does. Part of what is signed, so that one cannot stand for another. */
const KINDS = { open: 1, click: 2, unsubscribe: 3 } as const;
export type LinkKind = keyof typeof KINDS;
/** Signed as links are, and no link. */
const RETURN_PATH = 4;

/** Bytes of a signature: enough that nobody guesses one. */
const MAC_BYTES = 16;
const ID_BYTES = 16;
/** With the id these are 40 characters of five bits: they fit into the name of an address, whatever its case becomes. */
const RETURN_MAC_BYTES = 9;
const RETURN_TOKEN = /\+([0-9a-v]{40})@/i;
const TOKEN_BYTES = 1 + 2 * ID_BYTES + MAC_BYTES;

/** The path below which the server answers links of mails. */
export const MAIL_PATH = '/mail';

const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
const idOf = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Nothing in it ends an address in plain text. Half a character, such as a template cuts off, is signed as the same. */
const encode = (target: string) =>
  encodeURIComponent(target.toWellFormed()).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** A key for one purpose, out of one of the server. */
const derive = (key: Buffer, purpose: string) =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, 32));

const isSame = (one: Buffer, other: Buffer) =>
  one.length === other.length && timingSafeEqual(one, other);

/**
 * Signs and reads the links of mails, and the secrets of webhooks. All keys are made of those in ENCRYPTION_KEY: the first
 * signs, all are known again, so a link serves as long as the key of its time is in that list.
 */
export class MailLinks {
  readonly #keys: readonly Buffer[];
  readonly #masters: readonly Buffer[];
  readonly #base: string;

  /**
   * @param masters keys of 32 bytes, the current one first
   * @param publicUrl where people reach the server, without a slash at the end
   */
  constructor(masters: readonly Buffer[], publicUrl: string) {
    this.#masters = masters;
    this.#keys = masters.map((key) => derive(key, 'callboard mail links'));
    this.#base = publicUrl.replace(/\/+$/, '') + MAIL_PATH;
  }

  open = (mail: MailRef) => `${this.#base}/open/${this.#token('open', mail)}.gif`;
  unsubscribe = (mail: MailRef) => `${this.#base}/unsubscribe/${this.#token('unsubscribe', mail)}`;
  click = (mail: MailRef, target: string) =>
    `${this.#base}/click/${this.#token('click', mail, target)}?to=${encode(target)}`;

  /** An address below the path of mails. */
  address = (path: string) => `${this.#base}/${path}`;

  /** The mail that a link is of; undefined when it was not signed here, or for something else. */
  read(kind: LinkKind, token: string, target = ''): MailRef | undefined {
    const bytes = Buffer.from(token, 'base64url');
    // Other texts decode to the same bytes; only the one that was signed counts.
    if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== token) return undefined;
    if (bytes[0] !== KINDS[kind]) return undefined;
    const body = bytes.subarray(0, TOKEN_BYTES - MAC_BYTES);
    const mac = bytes.subarray(TOKEN_BYTES - MAC_BYTES);
    if (!this.#keys.some((key) => isSame(mac, macOf(key, body, target)))) return undefined;
    return {
      organizationId: idOf(body.subarray(1, 1 + ID_BYTES)),
      id: idOf(body.subarray(1 + ID_BYTES)),
    };
  }

  /**
   * The address that notices about a mail come back to, so that they say by themselves which mail they are about.
   *
   * @param address `name@host`
   */
  returnPath({ organizationId, id }: MailRef, address: string): string {
    const [key] = this.#keys;
    if (!key) throw new Error('There is no key to sign with.');
    const mac = returnMacOf(key, organizationId, id);
    const token = BigInt(`0x${Buffer.concat([idBytes(id), mac]).toString('hex')}`).toString(32);
    const at = address.lastIndexOf('@');
    return `${address.slice(0, at)}+${token.padStart(40, '0')}${address.slice(at)}`;
  }

  /** The id of the mail of an organization that an address was made for; undefined when it was not made here for one. */
  readReturnPath(organizationId: string, address: string): string | undefined {
    const token = RETURN_TOKEN.exec(address)?.[1]?.toLowerCase();
    if (token === undefined) return undefined;
    let value = 0n;
    for (const digit of token) value = value * 32n + BigInt(parseInt(digit, 32));
    const bytes = Buffer.from(value.toString(16).padStart(50, '0'), 'hex');
    const id = idOf(bytes.subarray(0, ID_BYTES));
    const mac = bytes.subarray(ID_BYTES);
    return this.#keys.some((key) => isSame(mac, returnMacOf(key, organizationId, id)))
      ? id
      : undefined;
  }

  /** The secret with which an organization's reports are signed, by the current key. */
  webhookSecret(organizationId: string, version: number): string {
    const [master] = this.#masters;
    if (!master) throw new Error('There is no key to make secrets of.');
    return secretOf(master, organizationId, version);
  }

  /** All texts that are that secret: one for each key. */
  webhookSecrets(organizationId: string, version: number): string[] {
    return this.#masters.map((master) => secretOf(master, organizationId, version));
  }

  #token(kind: LinkKind, { organizationId, id }: MailRef, target = ''): string {
    const [key] = this.#keys;
    if (!key) throw new Error('There is no key to sign links with.');
    const body = Buffer.concat([Buffer.of(KINDS[kind]), idBytes(organizationId), idBytes(id)]);
    return Buffer.concat([body, macOf(key, body, target)]).toString('base64url');
  }
}

const macOf = (key: Buffer, body: Buffer, target: string) =>
  createHmac('sha256', key).update(body).update(target).digest().subarray(0, MAC_BYTES);

const returnMacOf = (key: Buffer, organizationId: string, id: string) =>
  macOf(
    key,
    Buffer.concat([Buffer.of(RETURN_PATH), idBytes(organizationId), idBytes(id)]),
    '',
  ).subarray(0, RETURN_MAC_BYTES);

const secretOf = (master: Buffer, organizationId: string, version: number) =>
  `whsec_${derive(master, `callboard mail webhook ${organizationId} ${version}`).toString('base64url')}`;
