import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** To a new account: is this address really theirs? */
export const verifyEmail = defineTemplate(['name', 'token', 'hours'], (variables, links) => ({
  subject: 'Confirm your e-mail address',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph('please confirm that this is the e-mail address of your Callboard account.'),
    button('Confirm address', links.to('/verify-email', { token: variables.token })),
    note(`The link serves once, within ${variables.hours} hours.`),
    note('If you have no account at Callboard, somebody mistyped an address: do nothing.'),
  ],
}));

/** To the new address of an account that moves to it. */
export const changeEmail = defineTemplate(['name', 'token', 'hours'], (variables, links) => ({
  subject: 'Confirm your new e-mail address',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      'please confirm that your Callboard account moves to this e-mail address. Until then you sign in with the old one.',
    ),
    button('Confirm new address', links.to('/verify-email', { token: variables.token })),
    note(`The link serves once, within ${variables.hours} hours.`),
    note('If you have no account at Callboard, somebody mistyped an address: do nothing.'),
  ],
}));
