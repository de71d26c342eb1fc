call tenancy.define_settings_section(
  'analytics', 'organization', 30, 'Analytics', 'How long events are kept, and where a visit ends.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "keepEventsDays": {"type": "integer", "minimum": 30, "maximum": 760, "default": 760,
        "description": "For how many days events are kept. Figures of the days stay; events that were deleted do not come back."},
      "sessionGapMinutes": {"type": "integer", "minimum": 5, "maximum": 240, "default": 30,
        "description": "A pause of so many minutes ends a visit, unless the client names visits itself."}
    }
  }', 'tenancy.write');
