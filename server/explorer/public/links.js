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
  '/invitation': {
    query: `# Joins the organization: sign in, or up, with the address that the invitation was sent to, and run it.
mutation AcceptInvitation($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    organization {
      rowId
      name
    }
  }
}
`,
    variablesOf: (token) => ({ input: { token } }),
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

/** The mutation of the link that this page was opened with, and its variables; null for the page itself. */
export function openedLink() {
  const link = LINKS[location.pathname];
  const token = new URL(location.href).searchParams.get('token');
  if (!link) return null;
  // The token is not left in the address bar and in the history.
  history.replaceState(null, '', '/');
  return { query: link.query, variables: link.variablesOf(token) };
}
