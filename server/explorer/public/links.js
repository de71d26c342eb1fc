// Links in mails lead to a front end. Where there is none, they lead here, and each shows the mutation that it stands for.

const LINKS = {
  '/verify-email': {
    query: `# Confirms the e-mail address that the link was sent to. Run it.
mutation VerifyEmail($input: VerifyEmailInput!) {
  verifyEmail(input: $input) {
    email
  }
}
`,
    variablesOf: (token) => ({ input: { token } }),
  },
  '/reset-password': {
    query: `# Sets a new password: fill it in below, and run it.
mutation ResetPassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) {
    sessionsEnded
  }
}
`,
    variablesOf: (token) => ({ input: { password: '', token } }),
  },
  '/forgot-password': {
    query: `# Sends a link for a new password to your address: fill it in below, and run it.
mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) {
    requested
  }
}
`,
    variablesOf: () => ({ input: { email: '' } }),
  },
};

/** Variables as the editor takes them. */
const written = (variables) => JSON.stringify(variables, null, 2);

const PREVIEW = `query ($token: String!) {
  previewInvitation(token: $token) { email status organizationName roleName invitedByName hasAccount }
}`;

/** What an invitation stands for: whoever has an account accepts it, whoever has none signs up with it. */
async function invitationLink(token, ask) {
  // A server that does not answer says so elsewhere on the page.
  const answer = token ? await ask(PREVIEW, { token }).catch(() => null) : null;
  const preview = answer?.previewInvitation;
  const about = preview
    ? `# ${preview.invitedByName} invites ${preview.email} to join ${preview.organizationName} as ${preview.roleName}: ${preview.status}.`
    : '# This link leads to no invitation: ask for a new one.';
  if (preview && !preview.hasAccount) {
    return {
      query: `${about}
# There is no account with this address yet: fill in a name and a password below, and run it.
mutation JoinWithNewAccount($input: SignUpInput!) {
  signUp(input: $input) {
    session {
      accessToken
      refreshToken
      accessTokenExpiresAt
    }
    me {
      role
      organization {
        name
      }
    }
  }
}
`,
      variables: written({
        input: { email: preview.email, name: '', password: '', invitationToken: token },
      }),
    };
  }
  return {
    query: `${about}
# Joins the organization: sign in with the address that the invitation was sent to, and run it.
mutation AcceptInvitation($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    organization {
      rowId
      name
    }
  }
}
`,
    variables: written({ input: { token } }),
  };
}

/**
 * The mutation of the link that this page was opened with, and its variables; null for the page itself.
 *
 * @param ask sends a query to the API
 */
export async function openedLink(ask) {
  const isInvitation = location.pathname === '/invitation';
  const link = LINKS[location.pathname];
  const token = new URL(location.href).searchParams.get('token');
  if (!link && !isInvitation) return null;
  // The token is not left in the address bar and in the history.
  history.replaceState(null, '', '/');
  if (isInvitation) return invitationLink(token, ask);
  return { query: link.query, variables: written(link.variablesOf(token)) };
}
