/** As much of a browser as a sign-in needs: cookies per origin, and redirects one at a time. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** One request, without following where it leads. */
  async visit(address: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const headers = new Headers({ accept: 'text/html', ...(init.headers as object) });
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookies) headers.set('cookie', cookies);
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects for as long as they stay where `stays` says; returns the first answer or address beyond. */
  async follow(
    address: string,
    stays: (url: URL) => boolean,
    init?: RequestInit,
  ): Promise<{ address: string; response: Response }> {
    let response = await this.visit(address, init);
    for (let hops = 0; hops < 20; hops += 1) {
      const location = response.headers.get('location');
      if (location === null) return { address, response };
      address = new URL(location, address).href;
      if (!stays(new URL(address))) return { address, response };
      response = await this.visit(address);
    }
    throw new Error('The redirects have no end.');
  }

  /** The names of the cookies of an origin. */
  cookieNames(origin: string): string[] {
    return [...(this.#cookies.get(origin)?.keys() ?? [])];
  }

  /** A browser with the same cookies. */
  copy(): Browser {
    const copy = new Browser();
    for (const [origin, jar] of this.#cookies) copy.#cookies.set(origin, new Map(jar));
    return copy;
  }
}
