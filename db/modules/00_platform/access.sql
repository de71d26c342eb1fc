grant usage on schema platform to callboard_authenticator, callboard_anonymous, callboard_member, callboard_service;

call platform.protect('platform.migrations', 'internal');
call platform.protect('platform.protected_tables', 'internal');
call platform.protect('platform.change_watchers', 'internal');
call platform.protect('platform.tenant_row', 'internal');
call platform.protect('platform.tenant_log_row', 'internal');
call platform.protect('platform.outbox_mails', 'internal');
