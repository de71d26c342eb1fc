/** A finding of `lint-sql` that is meant to be. */
export type Accepted = {
  /** The function with its argument types. */
  readonly name: string;
  readonly level: string;
  readonly reason: string;
};

const migrationOnly = (name: string): Accepted => ({
  name,
  level: 'security',
  reason: 'Runs in migrations only, on a piece of SQL that the migration itself has written.',
});

/** Findings to let pass. One that is no longer found has to go from here. */
export const ACCEPTED: readonly Accepted[] = [
  migrationOnly('platform.add_foreign_key(regclass,text)'),
  migrationOnly('platform.add_index(regclass,text)'),
  migrationOnly('platform.allow_transitions(regclass,text,jsonb)'),
  migrationOnly('platform.grant_columns(regclass,text,text[])'),
  migrationOnly('billing.meter(regclass,text,jsonb,text)'),
  {
    name: 'analytics.refresh_segment(uuid,uuid,text,jsonb,uuid[])',
    level: 'security',
    reason:
      'Runs what analytics.compile_segment_rule writes: expressions of segment_fields, literals quoted.',
  },
  {
    name: 'billing.recount_usage(text,uuid)',
    level: 'security',
    reason: 'What it pastes comes from the register of metered tables, names and values quoted.',
  },
  {
    name: 'security.checks_of_access(regclass,text,uuid,text)',
    level: 'security',
    reason:
      'What it pastes are conditions of policies, out of the catalog; it runs with the rights of its caller.',
  },
  {
    name: 'security.try_access(regclass,text,uuid,text)',
    level: 'security',
    reason: 'Runs what security.attempt_of writes, names quoted, with the rights of its caller.',
  },
  {
    name: 'platform.keep_values_finite(regclass)',
    level: 'security',
    reason:
      'Runs in migrations only; what it pastes is one of its own two texts, with names from the catalog quoted.',
  },
  {
    name: 'ai.make_index_trigger(ai.searchable_tables)',
    level: 'security',
    reason:
      'Runs in migrations only; what it pastes are the queries that ai.make_searchable writes.',
  },
  {
    name: 'ai.reindex(text,uuid,uuid,uuid,integer)',
    level: 'security',
    reason: 'What it pastes comes from the register of searchable tables, which migrations write.',
  },
  {
    name: 'ai.rows_to_index(ai.searchable_tables,uuid,uuid,uuid)',
    level: 'security',
    reason: 'The same as for ai.reindex, which alone calls it.',
  },
  {
    name: 'ai.global_search(text,text[],integer,integer)',
    level: 'warning',
    reason: 'A search is paged with limit and offset, and that is what they are called.',
  },
];
