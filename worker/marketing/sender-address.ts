import addressparser from 'nodemailer/lib/addressparser';

/** Whom a mail is from, and who gets the answers. */
export type From = {
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
};

/** What an organization has set about it. */
export type FromRules = {
  readonly fromName?: string | undefined;
  readonly fromEmail?: string | undefined;
  readonly replyTo?: string | undefined;
};

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** Whom mails of organizations may be from on this server. */
export class SenderAddresses {
  readonly #address: string;
  readonly #domains: ReadonlySet<string>;

  /**
   * @param mailFrom `Name <name@host>`: the address for those who have none
   * @param domains others than its own that mails may be from; `*`: any
   */
  constructor(mailFrom: string, domains: readonly string[]) {
    const [parsed] = addressparser(mailFrom, { flatten: true });
    this.#address = parsed?.address ?? mailFrom;
    this.#domains = new Set([
      domainOf(this.#address),
      ...domains.map((each) => each.toLowerCase()),
    ]);
  }

  /** Whether mails may leave in the name of an address. */
  allows = (address: string): boolean =>
    this.#domains.has('*') || this.#domains.has(domainOf(address));

  /** An organization's own address where the server may send for its domain; otherwise answers go there. */
  of({ fromName, fromEmail, replyTo }: FromRules, organization: string): From {
    const name = fromName ?? organization;
    return fromEmail !== undefined && this.allows(fromEmail)
      ? { from: { name, address: fromEmail }, replyTo }
      : { from: { name, address: this.#address }, replyTo: replyTo ?? fromEmail };
  }
}

/** The host that message ids of mails from an address are made with. */
export const messageHostOf = (address: string) => domainOf(address);
