/** The key that comes without a name: `JWT_SECRET`. */
export const MAIN_KEY = 'main';

/** A secret that tokens are signed with, by the name (`kid`) that they carry. */
export type TokenKey = { readonly kid: string; readonly secret: string };
