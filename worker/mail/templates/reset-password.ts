import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** To whoever has forgotten the password. */
export const resetPassword = defineTemplate(['name', 'token', 'minutes'], (variables, links) => ({
  subject: 'Choose a new password',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph('somebody, hopefully you, asked for a new password for your Callboard account.'),
    button('Choose a new password', links.to('/reset-password', { token: variables.token })),
    note(
      `The link serves once, within ${variables.minutes} minutes. Choosing a new password signs you out everywhere.`,
    ),
    note('If you did not ask for it, do nothing: your password stays as it is.'),
  ],
}));
