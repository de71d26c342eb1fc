-- What can be set. The value of a property that was never set is its default, so a default may change with a release.
call tenancy.define_settings_section(
  'general', 'organization', 1, 'General', 'How dates, numbers and weeks are written.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "locale": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", "default": "en-US",
        "description": "A language tag such as en-US."},
      "dateFormat": {"type": "string", "enum": ["locale", "iso", "dmy", "mdy"], "default": "locale"},
      "timeFormat": {"type": "string", "enum": ["locale", "12h", "24h"], "default": "locale"},
      "weekStartsOn": {"type": "integer", "minimum": 1, "maximum": 7, "default": 1,
        "description": "1 is Monday, 7 is Sunday."},
      "fiscalYearStartsIn": {"type": "integer", "minimum": 1, "maximum": 12, "default": 1, "description": "A month."},
      "units": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"}
    }
  }', 'tenancy.write');
call tenancy.define_settings_section(
  'security', 'organization', 2, 'Security', 'Who can be invited, and what it takes to come in.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "invitationDays": {"type": "integer", "minimum": 1, "maximum": 30, "default": 7,
        "description": "For how many days an invitation can be accepted."},
      "guestsAllowed": {"type": "boolean", "default": true, "description": "Whether guests can be invited."},
      "secondFactorRequired": {"type": "boolean", "default": false,
        "description": "Whether members come in with a second factor only. Those who have none are out at once, until they have set one up."},
      "allowedEmailDomains": {"type": "array", "maxItems": 50, "uniqueItems": true, "default": [],
        "description": "Domains such as lumen.test at which members other than guests have their addresses; none: any.",
        "items": {"type": "string", "maxLength": 253, "pattern": "^[a-z0-9-]+(\\.[a-z0-9-]+)+$"}}
    }
  }', 'tenancy.manage_security');
call tenancy.define_settings_section(
  'integrations', 'organization', 3, 'Integrations',
  'What the organization works with elsewhere. Addresses and switches only; keys and passwords are not settings.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "calendar": {"type": "object", "additionalProperties": false, "properties": {
        "provider": {"type": "string", "enum": ["none", "google", "microsoft", "ical"], "default": "none"},
        "publishEvents": {"type": "boolean", "default": false}}},
      "accounting": {"type": "object", "additionalProperties": false, "properties": {
        "provider": {"type": "string", "enum": ["none", "quickbooks", "xero", "datev", "csv"], "default": "none"},
        "exportDay": {"type": "integer", "minimum": 1, "maximum": 28, "default": 1,
          "description": "The day of the month on which postings are exported."}}},
      "storage": {"type": "object", "additionalProperties": false, "properties": {
        "provider": {"type": "string", "enum": ["built_in", "s3", "google_drive", "dropbox"], "default": "built_in"},
        "folder": {"type": "string", "maxLength": 400}}},
      "chat": {"type": "object", "additionalProperties": false, "properties": {
        "provider": {"type": "string", "enum": ["none", "slack", "teams"], "default": "none"},
        "channel": {"type": "string", "maxLength": 200}}}
    }
  }', 'tenancy.write');
call tenancy.define_settings_section(
  'notifications', 'organization', 4, 'Notifications', 'What holds for members who have chosen nothing themselves.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "channels": {"type": "object", "additionalProperties": false, "properties": {
        "inApp": {"type": "boolean", "default": true},
        "email": {"type": "boolean", "default": true},
        "push": {"type": "boolean", "default": false}}},
      "digest": {"type": "string", "enum": ["off", "daily", "weekly"], "default": "daily"},
      "digestHour": {"type": "integer", "minimum": 0, "maximum": 23, "default": 8,
        "description": "In the time zone of whoever gets it."},
      "quietHours": {"type": "object", "additionalProperties": false, "required": ["from", "to"],
        "description": "No e-mail and no push between these times of day.", "properties": {
        "from": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "to": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "timeZone": {"type": "string", "format": "time-zone"}}},
      "replyTo": {"type": "string", "format": "email", "description": "Where answers to messages go."}
    }
  }', 'tenancy.write');
call tenancy.define_settings_section(
  'workflows', 'organization', 5, 'Workflows', 'How work goes on by itself, and what has to be approved.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "workDays": {"type": "array", "minItems": 1, "maxItems": 7, "uniqueItems": true, "default": [1, 2, 3, 4, 5],
        "description": "Days of the week on which work is done; 1 is Monday.",
        "items": {"type": "integer", "minimum": 1, "maximum": 7}},
      "approval": {"type": "object", "additionalProperties": false, "properties": {
        "expensesFrom": {"type": "number", "minimum": 0, "default": 0,
          "description": "Expenses of at least this amount, in the organization''s currency, are approved by somebody else."},
        "purchasesFrom": {"type": "number", "minimum": 0, "default": 0},
        "timesheets": {"type": "boolean", "default": true}}},
      "archiveCompletedAfterDays": {"type": "integer", "minimum": 0, "maximum": 3650, "default": 0,
        "description": "0: completed projects stay."},
      "remindDaysBefore": {"type": "array", "maxItems": 10, "uniqueItems": true, "default": [30, 7, 1],
        "description": "How long before permits, licences and contracts run out somebody is told.",
        "items": {"type": "integer", "minimum": 0, "maximum": 365}}
    }
  }', 'tenancy.write');
call tenancy.define_settings_section(
  'customizations', 'organization', 6, 'Customizations', 'How Callboard looks and what it calls things.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "accentColor": {"type": "string", "pattern": "^#[0-9a-f]{6}$", "default": "#3b5bdb"},
      "logoUrl": {"type": "string", "format": "uri", "maxLength": 2000},
      "startPage": {"type": "string", "enum": ["dashboard", "projects", "calendar", "tasks"], "default": "dashboard"},
      "modules": {"type": "array", "maxItems": 40, "uniqueItems": true,
        "description": "The modules that the navigation shows, in this order; without it all of them.",
        "items": {"type": "string", "maxLength": 40, "pattern": "^[a-z][a-z_]*$"}},
      "terms": {"type": "object", "default": {}, "description": "Other words, such as {\"project\": \"Production\"}.",
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 60}},
      "documentFooter": {"type": "string", "maxLength": 1000, "description": "Stands at the foot of documents."}
    }
  }', 'tenancy.write');
call tenancy.define_settings_section(
  'user', 'user', 7, 'Own settings', 'How a user likes it.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "theme": {"type": "string", "enum": ["system", "light", "dark"], "default": "system"},
      "density": {"type": "string", "enum": ["comfortable", "compact"], "default": "comfortable"},
      "locale": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        "description": "A language tag such as en-US; without it the organization''s."},
      "timeFormat": {"type": "string", "enum": ["locale", "12h", "24h"], "default": "locale"},
      "startPage": {"type": "string", "enum": ["dashboard", "projects", "calendar", "tasks"],
        "description": "Without it the organization''s."},
      "reducedMotion": {"type": "boolean", "default": false},
      "keyboardShortcuts": {"type": "boolean", "default": true},
      "favorites": {"type": "array", "maxItems": 100, "uniqueItems": true, "default": [],
        "description": "Ids of what is pinned to the navigation.",
        "items": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}}
    }
  }', null);
