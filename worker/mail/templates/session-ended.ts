import { button, defineTemplate, note, paragraph } from '../compose.ts';

/** After a refresh token came a second time: somebody has a copy. */
export const sessionEnded = defineTemplate(['name', 'device', 'address'], (variables, links) => ({
  subject: 'We ended one of your sessions',
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      `a session of your Callboard account (${variables.device}) was used from two places at once, last from ${variables.address}. That happens when somebody has copied it, so we have ended it. Sign in again to go on.`,
    ),
    note(
      'If you restored a backup or copied your browser’s data, that explains it. Otherwise change your password.',
    ),
    button('Sign in', links.to('/')),
  ],
}));
