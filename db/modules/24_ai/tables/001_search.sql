-- How words are found in texts: one configuration for each language that Postgres knows, in which "Müller" is found by
-- "muller" as well.
do $$
declare
  language record;
begin
  for language in
    select c.cfgname as name, d.dictname as stemmer
      from pg_catalog.pg_ts_config c
      join pg_catalog.pg_ts_config_map m on m.mapcfg = c.oid and m.mapseqno = 1
      join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
     where c.cfgnamespace = 'pg_catalog'::regnamespace
       and m.maptokentype = (select t.tokid from pg_catalog.ts_token_type(c.cfgparser) t where t.alias = 'word')
  loop
    execute format('create text search configuration ai.%I (copy = pg_catalog.%1$I)', language.name);
    execute format(
      'alter text search configuration ai.%I alter mapping for hword, hword_part, word with extensions.unaccent, pg_catalog.%I',
      language.name, language.stemmer);
  end loop;
end
$$;

create table ai.embedding_models (
  id smallint primary key generated always as identity,
  name text not null unique,
  provider text not null check (provider in ('built_in', 'endpoint')),
  model text not null check (btrim(model) <> ''),
  dimension integer not null check (dimension between 8 and 4000),
  chunk_characters integer not null default 1200 check (chunk_characters between 100 and 20000),
  chunk_overlap integer not null default 150 check (chunk_overlap >= 0),
  threshold real not null check (threshold between -1 and 1),
  status text not null default 'building' check (status in ('building', 'active', 'retired')),
  created_at timestamptz not null default now(),
  activated_at timestamptz,
  retired_at timestamptz,
  check (chunk_overlap < chunk_characters / 2),
  check ((status = 'active') <= (activated_at is not null)),
  check ((status = 'retired') = (retired_at is not null))
);
create unique index embedding_models_one_active on ai.embedding_models (status) where status <> 'retired';
comment on table ai.embedding_models is
  'What has turned texts into embeddings. One is active: searches compare with its embeddings alone. Another may be building: '
  'it takes over when it has embedded everything.';
comment on column ai.embedding_models.name is 'Provider, model and dimension in one.';
comment on column ai.embedding_models.provider is
  'built_in: hashed words, made in the database. endpoint: what EMBEDDING_URL of the servers leads to.';
comment on column ai.embedding_models.model is 'As its provider calls it.';
comment on column ai.embedding_models.dimension is 'Numbers in each embedding.';
comment on column ai.embedding_models.chunk_characters is 'Longer texts are embedded in parts of at most so many characters.';
comment on column ai.embedding_models.chunk_overlap is 'Characters that a part has at most in common with the one before.';
comment on column ai.embedding_models.threshold is
  'The cosine similarity below which a text has nothing to do with a query, where a search does not say one.';

create table ai.searchable_tables (
  table_id regclass primary key,
  namespace text not null unique,
  read_permission text not null,
  language text,
  definition jsonb not null,
  rows_query text not null
);
comment on table ai.searchable_tables is 'Tables whose rows can be searched, written by ai.make_searchable.';
comment on column ai.searchable_tables.rows_query is 'Makes ai.searchable_row of rows; %s stands for where they are.';

-- The key of a document is that of the row it stands for.
create table ai.search_documents (
  organization_id uuid not null references tenancy.organizations,
  namespace text not null check (namespace ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$' and length(namespace) <= 100),
  id uuid not null,
  key text,
  workspace_id uuid,
  read_permission text not null,
  owner_id uuid,
  title text not null,
  title_key text not null,
  body text not null default '',
  codes text[] not null default '{}',
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  language text not null,
  content_hash uuid not null,
  search_vector tsvector not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, namespace, id)
);
-- One index for all: the organization leads to its own rows, whatever is looked for. What has not been sorted into it yet
-- stays little, because every search reads that.
create index search_documents_words on ai.search_documents using gin (
  organization_id, search_vector, title_key extensions.gin_trgm_ops, codes
) with (gin_pending_list_limit = 256);
-- What somebody keeps to themselves goes with their account, and is little among all there is.
create index on ai.search_documents (organization_id, owner_id) where owner_id is not null;
comment on table ai.search_documents is
  'What can be found: a row for each row of a searchable table that is not archived, and for each document of the users'' own. '
  'Seen by whoever may read what it stands for.';
comment on column ai.search_documents.namespace is
  'The table, such as projects.projects; without a dot a namespace of the users'' own.';
comment on column ai.search_documents.id is 'The id of the row that it stands for.';
comment on column ai.search_documents.key is 'How its users call a document of their own; null for rows of tables.';
comment on column ai.search_documents.read_permission is 'The permission that it takes to see it.';
comment on column ai.search_documents.owner_id is 'The only person who sees it; null: everybody who holds the permission.';
comment on column ai.search_documents.title_key is E'@behavior -*\nThe title in lower case, without accents.';
comment on column ai.search_documents.body is 'What else there is to find.';
comment on column ai.search_documents.codes is
  E'@behavior -*\nWhat it is found by exactly: codes, numbers, e-mail addresses, in lower case.';
comment on column ai.search_documents.language is E'@behavior -*\nIn which its words were taken apart.';
comment on column ai.search_documents.content_hash is E'@behavior -*\nOf the text: another one has to be embedded anew.';
comment on column ai.search_documents.search_vector is E'@behavior -*\nIts words; the title weighs A.';

-- Parts of documents, apart by model: a model''s embeddings have their own index, and go at once when it is retired.
create table ai.embeddings (
  organization_id uuid not null,
  namespace text not null,
  document_id uuid not null,
  chunk integer not null check (chunk >= 0),
  model_id smallint not null references ai.embedding_models,
  workspace_id uuid,
  read_permission text not null,
  owner_id uuid,
  starts_at integer not null check (starts_at >= 0),
  characters integer not null check (characters >= 0),
  created_at timestamptz not null default now(),
  embedding extensions.halfvec not null,
  primary key (organization_id, namespace, document_id, chunk, model_id),
  foreign key (organization_id, namespace, document_id) references ai.search_documents on delete cascade
) partition by list (model_id);
create index on ai.embeddings (model_id);
comment on table ai.embeddings is E'@behavior -*\n'
  'The embeddings of documents (seed ai_embeddings), of long ones part by part. Halves of floats: the order of neighbours is '
  'the same, and twice as many fit into memory.';
comment on column ai.embeddings.starts_at is 'Where the part begins in the body of the document, in characters from 0.';
comment on column ai.embeddings.characters is 'How long the part is.';

create table ai.embedding_outbox (
  organization_id uuid not null,
  namespace text not null,
  document_id uuid not null,
  model_id smallint not null references ai.embedding_models,
  marked_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default '-infinity',
  attempts smallint not null default 0,
  claim uuid,
  failed_at timestamptz,
  reason text,
  primary key (organization_id, namespace, document_id, model_id),
  foreign key (organization_id, namespace, document_id) references ai.search_documents on delete cascade
) with (fillfactor = 70);
create index embedding_outbox_due on ai.embedding_outbox (model_id, due_at, marked_at) where failed_at is null;
create index on ai.embedding_outbox (model_id);
comment on table ai.embedding_outbox is 'Texts that have yet to be embedded, by each model that is in use.';
comment on column ai.embedding_outbox.due_at is
  'Not before; while somebody is at it, when another may try. From the start of time: at once.';
comment on column ai.embedding_outbox.claim is 'Whose turn it is: what another turn brings comes too late.';
comment on column ai.embedding_outbox.failed_at is 'When it was given up, until the text changes or somebody asks to try again.';
comment on column ai.embedding_outbox.reason is 'Why it failed the last time.';

create table ai.embedding_fills (
  model_id smallint primary key references ai.embedding_models on delete cascade,
  after_organization_id uuid not null default '00000000-0000-0000-0000-000000000000',
  after_namespace text not null default '',
  after_document_id uuid not null default '00000000-0000-0000-0000-000000000000'
);
comment on table ai.embedding_fills is
  'Models for which not every text has been put into the outbox yet, with the key of the last one that has.';

-- Whoever writes a text does no more for its embedding than this: it has neither keys nor references, which would cost each
-- of them more than the row does. ai.collect_marks makes of it what there is to do.
create table ai.embedding_marks (
  organization_id uuid not null,
  namespace text not null,
  document_id uuid not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table ai.embedding_marks is
  'Texts that have changed, written with the change, as often as it happens. They wait here for the outbox.';

create table ai.search_sizes (
  organization_id uuid not null references tenancy.organizations,
  model_id smallint not null references ai.embedding_models on delete cascade,
  namespace text not null,
  chunks bigint not null check (chunks >= 0),
  counted_at timestamptz not null default now(),
  primary key (organization_id, model_id, namespace)
);
create index on ai.search_sizes (model_id);
comment on table ai.search_sizes is E'@behavior -*\n'
  'About how many embeddings an organization has: whether to look at all of them or to let the index lead. Kept by the job '
  'that embeds, so that nobody who writes waits for it, and counted anew every night.';
