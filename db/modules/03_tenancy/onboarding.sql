call tenancy.define_onboarding_step(
  'describe_organization', 'organization', 1, 'Introduce the organization',
  'Add a logo, a description or how to get in touch.', 'tenancy.write');
create or replace trigger _750_onboarding after update on tenancy.organizations for each row
  when (num_nonnulls(new.description, new.logo_url, new.contact_email, new.contact_phone, new.website) > 0
        and num_nonnulls(old.description, old.logo_url, old.contact_email, old.contact_phone, old.website) = 0)
  execute function tenancy.describe_organization_trigger();
call tenancy.define_onboarding_step(
  'choose_settings', 'organization', 2, 'Set it up your way',
  'Look through the settings: dates, working days, notifications.', 'tenancy.write',
  completed_by => 'tenancy.organization_settings');
call tenancy.define_onboarding_step(
  'invite_colleague', 'organization', 3, 'Invite a colleague', 'Callboard is for crews: ask somebody to join.',
  'tenancy.manage_members', completed_by => 'tenancy.invitations');
call tenancy.define_onboarding_step(
  'build_team', 'organization', 4, 'Build a team', 'Put people who work together into a team, such as Electrics.',
  'tenancy.write', completed_by => 'tenancy.teams');

-- What a user has done of these is read off where it was done: tenancy.completed_own_steps.
call tenancy.define_onboarding_step(
  'confirm_email', 'user', 11, 'Confirm your e-mail address', 'Open the link that we sent you.');
call tenancy.define_onboarding_step(
  'complete_profile', 'user', 12, 'Tell who you are', 'Add a headline, a few words or a phone number.');
call tenancy.define_onboarding_step(
  'choose_preferences', 'user', 13, 'Make yourself at home', 'Choose a theme, a language, a first page.');
call tenancy.define_onboarding_step(
  'add_second_factor', 'user', 14, 'Secure your account', 'Add an authenticator app.');
