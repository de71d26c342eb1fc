import type { MailTemplate } from './compose.ts';
import { accountDeleted } from './templates/account-deleted.ts';
import { alertBreached, alertRecovered } from './templates/alert.ts';
import { changeEmail, verifyEmail } from './templates/confirm-address.ts';
import { emailChanged } from './templates/email-changed.ts';
import { invitation } from './templates/invitation.ts';
import { passwordChanged } from './templates/password-changed.ts';
import { resetPassword } from './templates/reset-password.ts';
import { sessionEnded } from './templates/session-ended.ts';
import { signInChanged } from './templates/sign-in-changed.ts';

/** Every kind of mail, by the name under which the database asks for it. */
export const TEMPLATES: Readonly<Record<string, MailTemplate>> = {
  verify_email: verifyEmail,
  change_email: changeEmail,
  email_changed: emailChanged,
  reset_password: resetPassword,
  password_changed: passwordChanged,
  session_ended: sessionEnded,
  sign_in_changed: signInChanged,
  account_deleted: accountDeleted,
  invitation,
  alert_breached: alertBreached,
  alert_recovered: alertRecovered,
};
