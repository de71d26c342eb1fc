import { gql } from 'postgraphile/utils';

/** The types and fields of second factors. */
export const secondFactorTypes = gql`
  """
  Whether signing in takes a code of an authenticator app after the password.
  """
  type SecondFactor {
    isEnabled: Boolean!
    """
    Since when.
    """
    confirmedAt: Datetime
    """
    How many recovery codes have not served yet. Make new ones when they run out: see regenerateRecoveryCodes.
    """
    recoveryCodesLeft: Int!
  }

  extend type Me {
    secondFactor: SecondFactor!
  }

  input EnrollSecondFactorInput {
    """
    The current password. It may be left out for ten minutes after signing in.
    """
    password: String
  }

  """
  What an authenticator app needs. It is shown once.
  """
  type EnrollSecondFactorPayload {
    """
    An otpauth:// address: show it as a QR code.
    """
    uri: String!
    """
    The same secret in base32, for typing.
    """
    secret: String!
  }

  input ConfirmSecondFactorInput {
    """
    The six digits that the authenticator app shows.
    """
    code: String!
  }

  """
  Codes for whoever loses the authenticator. They are shown once; each serves once.
  """
  type RecoveryCodesPayload {
    recoveryCodes: [String!]!
    me: Me
  }

  input DisableSecondFactorInput {
    """
    A code of the authenticator app, or a recovery code.
    """
    code: String!
    """
    The password. Left out only by an account that has none.
    """
    password: String
  }

  type DisableSecondFactorPayload {
    me: Me
  }

  input RegenerateRecoveryCodesInput {
    """
    A code of the authenticator app, or a recovery code.
    """
    code: String!
  }

  input CompleteSignInInput {
    """
    The token of the challenge that signIn or exchangeSignInCode gave.
    """
    challenge: String!
    """
    A code of the authenticator app, or a recovery code.
    """
    code: String!
  }

  extend type Mutation {
    """
    Begins to set up an authenticator app; nothing changes until confirmSecondFactor. Errors: UNAUTHENTICATED,
    INVALID_CREDENTIALS; REAUTHENTICATION_REQUIRED without a password, when the sign-in was more than ten minutes ago;
    CONFLICT when the second factor is on.
    """
    enrollSecondFactor(input: EnrollSecondFactorInput!): EnrollSecondFactorPayload
    """
    Switches the second factor on, with the first code of the authenticator app, and signs out all other devices. Errors:
    UNAUTHENTICATED, SECOND_FACTOR_INVALID; INVALID_TRANSITION when none was begun in the last 15 minutes.
    """
    confirmSecondFactor(input: ConfirmSecondFactorInput!): RecoveryCodesPayload
    """
    Switches the second factor off. Errors: UNAUTHENTICATED, INVALID_CREDENTIALS, REAUTHENTICATION_REQUIRED,
    SECOND_FACTOR_INVALID; INVALID_TRANSITION when it is off.
    """
    disableSecondFactor(input: DisableSecondFactorInput!): DisableSecondFactorPayload
    """
    Ten new recovery codes; the old ones are void. Errors: UNAUTHENTICATED, SECOND_FACTOR_INVALID; INVALID_TRANSITION when
    the second factor is off.
    """
    regenerateRecoveryCodes(input: RegenerateRecoveryCodesInput!): RecoveryCodesPayload
    """
    Ends a sign-in that takes a second factor. Errors: SECOND_FACTOR_INVALID, try another code; SIGN_IN_EXPIRED after five
    minutes or five tries, begin again.
    """
    completeSignIn(input: CompleteSignInInput!): SignInPayload
  }
`;
