import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** After the password was changed or reset. */
export const passwordChanged = defineTemplate(['name'], (variables, links) => ({
  subject: 'Your password was changed',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      'the password of your Callboard account was changed. Other sessions have been signed out.',
    ),
    note('If that was not you, choose a new password now: the link for it comes to this address.'),
    button('Forgot your password?', links.to('/forgot-password')),
  ],
}));
