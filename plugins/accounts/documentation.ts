import { gql } from 'postgraphile/utils';

/** The types and fields around one's own account. */
export const accountTypes = gql`
  """
  A device or program that is signed in: all tokens that followed from one sign-in.
  """
  type SignedInSession {
    """
    For revokeSession.
    """
    rowId: UUID!
    """
    What the client called itself when it signed in.
    """
    device: JSON!
    """
    The IP address that it was last used from, when the server knows.
    """
    address: String
    """
    What the program that used it last calls itself.
    """
    userAgent: String
    createdAt: Datetime!
    """
    When it was last refreshed: right to the minutes that an access token serves.
    """
    lastUsedAt: Datetime!
    """
    When it ends unless it is refreshed before.
    """
    expiresAt: Datetime!
    """
    Whether this request comes from it.
    """
    isCurrent: Boolean!
  }

  input SignOutEverywhereInput {
    """
    Leave the session of this request signed in.
    """
    keepCurrent: Boolean! = false
  }

  type SignOutEverywherePayload {
    sessionsEnded: Int!
  }

  input RevokeSessionInput {
    rowId: UUID!
  }

  type RevokeSessionPayload {
    revoked: Boolean!
  }

  type RequestEmailVerificationPayload {
    """
    False when the address is confirmed already.
    """
    requested: Boolean!
  }

  input RequestEmailChangeInput {
    newEmail: String!
    """
    The caller's password. An account without one signs in again instead, not longer than ten minutes before.
    """
    password: String
  }

  type RequestEmailChangePayload {
    requested: Boolean!
  }

  input VerifyEmailInput {
    """
    From the link of the mail.
    """
    token: String!
  }

  type VerifyEmailPayload {
    """
    The address that is confirmed now.
    """
    email: String!
  }

  input RequestPasswordResetInput {
    email: String!
  }

  type RequestPasswordResetPayload {
    """
    Always true: whether an account has the address is not said.
    """
    requested: Boolean!
  }

  input ResetPasswordInput {
    """
    From the link of the mail.
    """
    token: String!
    """
    10 to 200 characters; none of the most common ones, not the e-mail address, not the name.
    """
    password: String!
  }

  type ResetPasswordPayload {
    """
    All that the user had: sign in anew.
    """
    sessionsEnded: Int!
  }

  input ChangePasswordInput {
    currentPassword: String!
    """
    10 to 200 characters; none of the most common ones, not the e-mail address, not the name.
    """
    newPassword: String!
  }

  type ChangePasswordPayload {
    """
    All but the one of this request.
    """
    sessionsEnded: Int!
  }

  input DeleteMyAccountInput {
    """
    The caller's password. An account without one signs in again instead, not longer than ten minutes before.
    """
    password: String
  }

  type DeleteMyAccountPayload {
    deleted: Boolean!
  }

  extend type Query {
    """
    The caller's sessions that live, the one used last first; empty without a session.
    """
    sessions: [SignedInSession!]!
  }

  extend type Mutation {
    """
    Ends all sessions of the caller, or all but this one. Errors: UNAUTHENTICATED.
    """
    signOutEverywhere(input: SignOutEverywhereInput): SignOutEverywherePayload
    """
    Ends one of the caller's sessions: it is out at its next request. Errors: UNAUTHENTICATED; NOT_FOUND_OR_FORBIDDEN for
    one that is over or of somebody else.
    """
    revokeSession(input: RevokeSessionInput!): RevokeSessionPayload
    """
    Sends the caller a link that confirms the e-mail address, five in an hour at most. Errors: UNAUTHENTICATED.
    """
    requestEmailVerification: RequestEmailVerificationPayload
    """
    Sends a link to a new e-mail address; the account moves there when it is opened. Nothing is sent to an address that
    another account has, which is not said. Errors: UNAUTHENTICATED, INVALID_INPUT, INVALID_CREDENTIALS,
    REAUTHENTICATION_REQUIRED, TOO_MANY_ATTEMPTS.
    """
    requestEmailChange(input: RequestEmailChangeInput!): RequestEmailChangePayload
    """
    Confirms the address that a link was sent to: that of the account, or the one it moves to. Errors: LINK_INVALID;
    CONFLICT when another account has the address by now.
    """
    verifyEmail(input: VerifyEmailInput!): VerifyEmailPayload
    """
    Sends a link for a new password to the address, if an account has it. The answer is the same when none has. Errors:
    INVALID_INPUT for what is no address.
    """
    requestPasswordReset(input: RequestPasswordResetInput!): RequestPasswordResetPayload
    """
    Sets a new password by the link of a mail, which serves once and for an hour. Ends all sessions of the user. Errors:
    LINK_INVALID; INVALID_INPUT for a password that keeps nobody out.
    """
    resetPassword(input: ResetPasswordInput!): ResetPasswordPayload
    """
    Changes the caller's password and ends the other sessions. Errors: UNAUTHENTICATED, INVALID_CREDENTIALS,
    TOO_MANY_ATTEMPTS; INVALID_INPUT for a password that keeps nobody out.
    """
    changePassword(input: ChangePasswordInput!): ChangePasswordPayload
    """
    Ends the account that the caller signs in with: what says who it was goes, memberships end, what it created keeps its author. It cannot be
    undone. Errors: UNAUTHENTICATED, INVALID_CREDENTIALS, REAUTHENTICATION_REQUIRED, TOO_MANY_ATTEMPTS; LAST_OWNER naming
    the organizations that would be without an owner.
    """
    deleteMyAccount(input: DeleteMyAccountInput!): DeleteMyAccountPayload
  }
`;
