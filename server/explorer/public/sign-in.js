// The sign-in: by password, by a provider, and the second factor after either.

import { cameBack, leaveFor } from './providers.js';

const $ = (id) => document.getElementById(id);

/** What the errors say that the address has when somebody comes back from a provider. */
const PROVIDER_ERRORS = {
  PROVIDER_REFUSED: 'The provider did not let you in.',
  PROVIDER_UNAVAILABLE: 'The provider does not answer. Try again later.',
};

/** The dialog that people sign in with. */
export class SignIn {
  #session;
  #done;
  #challenge = null;

  /**
   * @param session signs in
   * @param done called when somebody is signed in
   */
  constructor(session, done) {
    this.#session = session;
    this.#done = done;
    $('sign-in-cancel').addEventListener('click', () => this.#close());
    $('code-cancel').addEventListener('click', () => this.#ask(null));
    $('sign-in-dialog').addEventListener('close', () => this.#ask(null));
    $('sign-in-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.withPassword($('email').value, $('password').value);
    });
    $('code-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#try(() => session.completeSignIn(this.#challenge, $('code').value));
    });
  }

  open() {
    if (!$('sign-in-dialog').open) $('sign-in-dialog').showModal();
  }

  withPassword(email, password) {
    return this.#try(() => this.#session.signIn(email, password));
  }

  /** Ends a sign-in at a provider, if the page was loaded by one. */
  async resume() {
    const { code, codeVerifier, error } = cameBack();
    if (error) {
      this.open();
      $('sign-in-error').textContent = PROVIDER_ERRORS[error] ?? 'The sign-in failed.';
    } else if (code) {
      this.open();
      await this.#try(() => this.#session.exchangeSignInCode(code, codeVerifier));
    }
  }

  /** Offers accounts with one password, for a first look. */
  offerAccounts({ accounts, password }) {
    $('demo').hidden = false;
    for (const { email, what } of accounts) {
      const button = this.#offer($('demo-accounts'), email, () =>
        this.withPassword(email, password),
      );
      const explanation = document.createElement('small');
      explanation.textContent = what;
      button.append(explanation);
    }
  }

  async offerProviders() {
    const providers = await this.#session.providers();
    $('providers').hidden = providers.length === 0;
    for (const { name, signInPath } of providers) {
      this.#offer($('provider-list'), `Sign in with ${name}`, () => leaveFor(signInPath));
    }
  }

  #offer(list, text, chosen) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', () => void chosen());
    item.append(button);
    list.append(item);
    return button;
  }

  async #try(work) {
    $('sign-in-error').textContent = '';
    $('code-error').textContent = '';
    let challenge;
    try {
      challenge = await work();
    } catch (error) {
      // A challenge that is over cannot be answered any more: from the beginning.
      if (error.code === 'SIGN_IN_EXPIRED') this.#ask(null);
      $(this.#challenge ? 'code-error' : 'sign-in-error').textContent = error.message;
      return;
    }
    if (challenge) {
      this.#ask(challenge.token);
    } else {
      this.#close();
      await this.#done();
    }
  }

  /** Shows the form for the code of a challenge, or the one for the password. */
  #ask(challenge) {
    this.#challenge = challenge;
    $('sign-in-form').hidden = challenge !== null;
    $('code-form').hidden = challenge === null;
    $('sign-in-dialog').setAttribute('aria-labelledby', challenge ? 'code-title' : 'sign-in-title');
    $('code').value = '';
    if (challenge) $('code').focus();
  }

  #close() {
    $('sign-in-form').reset();
    $('sign-in-dialog').close();
  }
}
