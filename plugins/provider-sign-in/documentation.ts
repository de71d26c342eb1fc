import { gql } from 'postgraphile/utils';

/** The types and fields of signing in with providers. */
export const providerSignInTypes = gql`
  input ExchangeSignInCodeInput {
    """
    The sign_in_code that the browser came back with. It serves once, for a minute.
    """
    code: String!
    """
    What code_challenge was made of, when the browser was sent off with one.
    """
    codeVerifier: String
    """
    The organization to work in; without it the one used last.
    """
    organizationId: UUID
    """
    What the session is called in the list of sessions, such as {"name": "Phone"}.
    """
    device: JSON
  }

  input LinkAccountInput {
    """
    The link_code that the browser came back with. It serves once, for a minute.
    """
    code: String!
    """
    What code_challenge was made of.
    """
    codeVerifier: String!
    """
    The current password. It may be left out for ten minutes after signing in.
    """
    password: String
  }

  type LinkAccountPayload {
    linkedAccount: LinkedAccount
  }

  extend type Mutation {
    """
    Signs in whoever came back from a provider (see oauthProviders), or asks for the second factor. Whoever is new gets an
    account. Errors: SIGN_IN_EXPIRED, begin again; ACCOUNT_NOT_LINKED when the e-mail address is not verified on both
    sides; FORBIDDEN for an account that is switched off or an organization of others.
    """
    exchangeSignInCode(input: ExchangeSignInCodeInput!): SignInPayload
    """
    Links the account that the caller came back from a provider with: it signs in as them from now on. Errors:
    UNAUTHENTICATED, INVALID_CREDENTIALS; REAUTHENTICATION_REQUIRED without a password, when the sign-in was more than ten
    minutes ago; SIGN_IN_EXPIRED; CONFLICT when it is linked to another user.
    """
    linkAccount(input: LinkAccountInput!): LinkAccountPayload
  }
`;
