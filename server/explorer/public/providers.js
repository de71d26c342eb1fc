// To a provider and back: what is kept in this tab proves that whoever comes back is who left.

const KEY = 'callboard:code-verifier';

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Leaves for a provider. */
export async function leaveFor(signInPath) {
  const address = new URL(signInPath, location.href);
  address.searchParams.set('return_to', location.pathname);
  // Browsers digest only where a page is safe: over HTTPS or on this machine.
  if (crypto.subtle) {
    const codeVerifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
    sessionStorage.setItem(KEY, codeVerifier);
    address.searchParams.set('code_challenge', base64url(digest));
  }
  location.assign(address);
}

/** What somebody came back with, once: it goes from the address bar and from this tab. */
export function cameBack() {
  const address = new URL(location.href);
  const code = address.searchParams.get('sign_in_code');
  const error = address.searchParams.get('sign_in_error');
  if (!code && !error) return {};
  const codeVerifier = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  address.searchParams.delete('sign_in_code');
  address.searchParams.delete('sign_in_error');
  history.replaceState(null, '', address);
  return { code, codeVerifier, error };
}
