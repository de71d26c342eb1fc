import { defineTemplate, note, paragraph } from '../compose.ts';

/** The last mail to an account. */
export const accountDeleted = defineTemplate(['name'], (variables) => ({
  subject: 'Your account was deleted',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      'your Callboard account was deleted, with everything that said who you are. What you made in your organizations stays there, without your name.',
    ),
    note(
      'If that was not you, write to the owners of your organization: they can invite you again.',
    ),
  ],
}));
