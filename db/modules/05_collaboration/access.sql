grant usage on schema collaboration to callboard_anonymous, callboard_member, callboard_service;

call platform.protect('collaboration.custom_fields', 'tenant');
call billing.meter('collaboration.custom_fields', 'custom_fields');
