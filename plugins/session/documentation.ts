import { gql } from 'postgraphile/utils';

/** The types and fields of sessions. */
export const sessionTypes = gql`
  """
  The tokens of a session. Send the access token as "Authorization: Bearer …" with each request.
  """
  type Session {
    """
    Says who is calling and in which organization. Serves for some minutes.
    """
    accessToken: String!
    accessTokenExpiresAt: Datetime!
    """
    Serves once, for refreshSession. Keep it safe: it is as good as the password.
    """
    refreshToken: String!
    refreshTokenExpiresAt: Datetime!
    """
    The active organization; null when the user belongs to none.
    """
    organizationId: UUID
  }

  """
  Who is calling.
  """
  type Me {
    userId: UUID!
    name: String!
    email: String!
    """
    Whether the address has been confirmed by the link of a mail.
    """
    emailVerified: Boolean!
    """
    The user as others see them.
    """
    user: User
    """
    The active organization; null when there is none.
    """
    organization: Organization
    """
    The role in the active organization: owner, admin, member, guest or one of its own.
    """
    role: String
    """
    What the role allows in the active organization, such as projects.write.
    """
    permissions: [String!]!
    """
    Every organization the caller belongs to: see switchOrganization.
    """
    organizations: [Membership!]!
  }

  """
  An organization that the caller belongs to.
  """
  type Membership {
    """
    The organization's id, for switchOrganization.
    """
    rowId: UUID!
    name: String!
    """
    The caller's role there.
    """
    role: String!
    """
    Whether it lets the caller in only after a second factor has been set up: see enrollSecondFactor.
    """
    needsSecondFactor: Boolean!
  }

  input SignUpInput {
    email: String!
    """
    10 to 200 characters; none of the most common ones, not the e-mail address, not the name.
    """
    password: String!
    name: String!
    """
    Starts an organization of this name, which the new user owns. Not with an invitation.
    """
    organizationName: String
    """
    From the link of an invitation to this address: joins its organization, and confirms the address.
    """
    invitationToken: String
    """
    What the session is called in the list of sessions, such as {"name": "Phone"}.
    """
    device: JSON
  }

  input SignInInput {
    email: String!
    password: String!
    """
    The organization to work in; without it the one used last.
    """
    organizationId: UUID
    """
    What the session is called in the list of sessions, such as {"name": "Phone"}.
    """
    device: JSON
  }

  input RefreshSessionInput {
    refreshToken: String!
  }

  input SwitchOrganizationInput {
    organizationId: UUID!
  }

  """
  The session, and who it is for. What follows in the same operation acts in this session already.
  """
  type SessionPayload {
    session: Session!
    me: Me
  }

  """
  What a sign-in comes to: a session, or a challenge when the account has a second factor.
  """
  type SignInPayload {
    """
    Null when there is a challenge.
    """
    session: Session
    """
    Null when there is a session. Ask for a code and call completeSignIn.
    """
    challenge: SignInChallenge
    """
    Null while there is no session.
    """
    me: Me
  }

  """
  The password was right, and a code of the second factor is asked for.
  """
  type SignInChallenge {
    """
    For completeSignIn, and for nothing else.
    """
    token: String!
    expiresAt: Datetime!
  }

  type SignOutPayload {
    """
    False when the session was over already.
    """
    signedOut: Boolean!
  }

  extend type Query {
    """
    Who is calling; null without a session.
    """
    me: Me
  }

  extend type Mutation {
    """
    Makes an account and signs in; a link to confirm the address goes out by mail. With the token of an invitation the new user joins
    its organization at once, or not at all. Errors: INVALID_INPUT; CONFLICT for a known e-mail address; INVITATION_INVALID, whose
    detail is unknown, accepted, revoked, expired, inviter or organization; FORBIDDEN for an invitation to another address;
    LIMIT_REACHED.
    """
    signUp(input: SignUpInput!): SessionPayload
    """
    Signs in, or asks for the second factor. Errors: INVALID_CREDENTIALS, the same for an unknown address and a wrong password; TOO_MANY_ATTEMPTS, with
    the seconds to wait in retryAfter; FORBIDDEN for an organization of others.
    """
    signIn(input: SignInInput!): SignInPayload
    """
    The next tokens of a session. Each refresh token serves once, and for ten seconds more, so that tabs may ask at the
    same time. One that comes later is a copy: it ends the session. Errors: INVALID_CREDENTIALS, also for a session that began
    too long ago: sign in again.
    """
    refreshSession(input: RefreshSessionInput!): SessionPayload
    """
    Makes another organization of the caller the active one, for the whole session: other tabs follow when they refresh.
    Errors: UNAUTHENTICATED, FORBIDDEN.
    """
    switchOrganization(input: SwitchOrganizationInput!): SessionPayload
    """
    Ends the session: it cannot be refreshed any more. Errors: UNAUTHENTICATED.
    """
    signOut: SignOutPayload
  }
`;
