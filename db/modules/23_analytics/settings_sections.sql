insert into tenancy.settings_sections as s (section, audience, position, title, description, schema, write_permission)
values
  ('analytics', 'organization', 30, 'Analytics', 'How long events are kept, and where a visit ends.', '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "keepEventsDays": {"type": "integer", "minimum": 30, "maximum": 760, "default": 760,
        "description": "For how many days events are kept. Figures of the days stay."},
      "sessionGapMinutes": {"type": "integer", "minimum": 5, "maximum": 240, "default": 30,
        "description": "A pause of so many minutes ends a visit, unless the client names visits itself."}
    }
  }', 'tenancy.write')
on conflict (section) do update
  set (audience, position, title, description, schema, write_permission)
    = (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.schema,
       excluded.write_permission)
where (s.audience, s.position, s.title, s.description, s.schema, s.write_permission)
   is distinct from (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.schema,
                     excluded.write_permission);
