import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** To the address that an account has left. */
export const emailChanged = defineTemplate(['name', 'new_email'], (variables, links) => ({
  subject: 'Your e-mail address was changed',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      `your Callboard account has moved to the e-mail address ${variables.new_email}. This address no longer signs in.`,
    ),
    note(
      'If that was not you, somebody knows your password. Answer through your organization, whose owners can suspend the account.',
    ),
    button('Open Callboard', links.to('/')),
  ],
}));
