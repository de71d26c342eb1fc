call tenancy.define_settings_section(
  'marketing', 'organization', 20, 'Mail to leads', 'Whom mails to leads are from, when they go out and how many.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "fromName": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\"<>]+$",
        "description": "Whom mails are from; without it the organization."},
      "fromEmail": {"type": "string", "format": "email", "maxLength": 254,
        "description": "The address they are from, at a domain that the server may send for (MAIL_SENDER_DOMAINS); otherwise answers go there."},
      "replyTo": {"type": "string", "format": "email", "maxLength": 254, "description": "Where answers go."},
      "returnPath": {"type": "string", "maxLength": 200, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,22}@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$",
        "description": "Where notices of delivery come back to, such as bounces@mail.example: each mail has bounces+<token>@mail.example, at a domain that the server may send for."},
      "footer": {"type": "string", "maxLength": 1000,
        "description": "Stands at the foot of marketing mails: who sends them, with a postal address."},
      "requireConsent": {"type": "boolean", "default": true,
        "description": "Whether marketing mails go only to leads who have agreed, rather than to all who have not said no."},
      "quietFrom": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        "description": "From when no marketing mails go out, by the lead''s clock, such as 21:00."},
      "quietTo": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        "description": "From when they go out again, such as 08:00."},
      "capMails": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 20,
        "description": "Marketing mails that a lead gets at most in capDays; 0: any number."},
      "capDays": {"type": "integer", "minimum": 1, "maximum": 90, "default": 7},
      "mailsPerMinute": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 0,
        "description": "Mails that go out in a minute at most, whatever number of workers there is; 0: any number."},
      "keepMailsDays": {"type": "integer", "minimum": 0, "maximum": 36500, "default": 730,
        "description": "For how many days mails are kept that are over, at least 90; 0: for ever. Figures stay."},
      "trackOpens": {"type": "boolean", "default": true, "description": "Whether a picture in the mail tells that it was opened."},
      "trackClicks": {"type": "boolean", "default": true, "description": "Whether links, in HTML and in text, lead through the server, which notes them."}
    }
  }', 'marketing.manage');
