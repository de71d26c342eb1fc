import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** To somebody who is asked to join an organization, with an account or without one yet. */
export const invitation = defineTemplate(
  ['organization', 'inviter', 'role', 'email', 'days', 'token'],
  (variables, links) => ({
    subject: `Join ${variables.organization} on Callboard`,
    blocks: [
      paragraph('Hello,'),
      paragraph(
        `${variables.inviter} invites you to work with ${variables.organization} on Callboard. Your role there: ${variables.role}.`,
      ),
      button('See the invitation', links.to('/invitation', { token: variables.token })),
      note(
        `Sign in with this address, ${variables.email}, or make an account with it: the invitation is for nobody else.`,
      ),
      note(
        `The link serves once; days that are left: ${variables.days}. If you do not know ${variables.organization}, do nothing.`,
      ),
    ],
  }),
);
