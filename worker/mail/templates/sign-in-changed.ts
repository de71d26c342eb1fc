import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** After something about how an account signs in has changed, other than its password or address. */
export const signInChanged = defineTemplate(['name', 'change'], (variables, links) => ({
  subject: 'How you sign in has changed',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(variables.change),
    note(
      'If that was not you, choose a new password now, which signs out everybody, and look at how your account signs in.',
    ),
    button('Forgot your password?', links.to('/forgot-password')),
  ],
}));
