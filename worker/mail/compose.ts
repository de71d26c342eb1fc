/** A part of a mail's text. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'button'; readonly label: string; readonly url: string }
  /** Small print. */
  | { readonly kind: 'note'; readonly text: string };

/** What a mail says. Plain text throughout: rendering escapes it. */
export type MailContent = {
  readonly subject: string;
  readonly blocks: readonly Block[];
};

/** Makes addresses of the front end. */
export type Links = {
  /** The address of `path`, with `parameters` as its query. */
  readonly to: (path: string, parameters?: Readonly<Record<string, string>>) => string;
};

/** A kind of mail: which variables it needs, and what it says with them. */
export type MailTemplate<Name extends string = string> = {
  readonly variables: readonly Name[];
  readonly compose: (variables: Readonly<Record<Name, string>>, links: Links) => MailContent;
};

/** Declares a template; `compose` can only use the variables that are named. */
export const defineTemplate = <const Name extends string>(
  variables: readonly Name[],
  compose: MailTemplate<Name>['compose'],
): MailTemplate<Name> => ({ variables, compose });

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const button = (label: string, url: string): Block => ({ kind: 'button', label, url });
export const note = (text: string): Block => ({ kind: 'note', text });

/** Links below the address of the front end. */
export function linksOf(appUrl: string): Links {
  return {
    to(path, parameters = {}) {
      const url = new URL(`${appUrl.replace(/\/+$/, '')}${path}`);
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
  };
}
