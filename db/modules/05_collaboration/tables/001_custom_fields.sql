create table collaboration.custom_fields (
  like platform.tenant_row including all,
  entity_type text not null check (entity_type ~ '^[a-z_]+\.[a-z_]+$'),
  field_name text not null check (field_name ~ '^[a-z][a-z0-9_]*$' and length(field_name) <= 60),
  label text not null check (btrim(label) <> ''),
  field_type text not null
    check (field_type in
      ('text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select', 'url', 'email')),
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  is_required boolean not null default false,
  position integer not null default 0,
  constraint custom_fields_choices_rule check (
    field_type not in ('select', 'multi_select')
    or coalesce(jsonb_typeof(options -> 'choices') = 'array' and options -> 'choices' <> '[]', false)),
  unique nulls not distinct (organization_id, entity_type, field_name, workspace_id, deleted_at)
);
comment on table collaboration.custom_fields is
  'Fields that an organization, or one workspace of it, adds to an entity (seed custom_fields). Values stand in '
  'custom_fields of the rows and are checked against these definitions.';
comment on constraint custom_fields_choices_rule on collaboration.custom_fields is
  'What is chosen from a list needs that list: options like {"choices": ["day", "night"]}.';
comment on column collaboration.custom_fields.entity_type is 'The table it belongs to, such as projects.projects.';
comment on column collaboration.custom_fields.field_name is 'The key of the value in customFields.';
comment on column collaboration.custom_fields.label is 'What people read beside the value.';
comment on column collaboration.custom_fields.options is
  'choices (a list) for select and multi_select; min and max for number; max_length for text.';
comment on column collaboration.custom_fields.is_required is
  'Whether rows that are created, or whose custom fields change, must have it.';
