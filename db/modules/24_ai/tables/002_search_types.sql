create type ai.searchable_row as (
  organization_id uuid,
  id uuid,
  workspace_id uuid,
  owner_id uuid,
  title text,
  b text,
  c text,
  d text,
  codes text[]
);
comment on type ai.searchable_row is 'A row as it is searched: a title, and texts of the weights B, C and D.';

create type ai.found_document as (
  namespace text,
  id uuid,
  key text,
  title text,
  snippet text,
  score double precision,
  text_rank integer,
  text_score real,
  vector_rank integer,
  similarity real,
  matched_by text,
  metadata jsonb
);
comment on type ai.found_document is E'@behavior -*\nSomething that was found.';
comment on column ai.found_document.snippet is
  'The part that fits, as HTML in which everything is escaped but <mark>, which is around the words that match.';
comment on column ai.found_document.score is 'Greater is better; compare within one search only.';
comment on column ai.found_document.text_rank is 'Its place among those that full text found, from 1; null: it did not.';
comment on column ai.found_document.vector_rank is 'Its place among the nearest by meaning, from 1; null: it is none of them.';
comment on column ai.found_document.similarity is 'The cosine similarity of its nearest part, 1 at most.';

create type ai.nearest_chunk as (
  namespace text,
  document_id uuid,
  chunk integer,
  similarity real
);
comment on type ai.nearest_chunk is E'@behavior -*\nA part of a document that is near to an embedding.';

create type ai.embedding_match as (
  namespace text,
  document_id uuid,
  key text,
  chunk integer,
  title text,
  content text,
  similarity real,
  metadata jsonb
);
comment on type ai.embedding_match is 'A part of a document that is near to an embedding.';
comment on column ai.embedding_match.content is 'The text of that part.';
comment on column ai.embedding_match.similarity is 'The cosine similarity, 1 at most.';

create type ai.document_draft as (
  key text,
  title text,
  content text,
  metadata jsonb,
  workspace_id uuid,
  is_private boolean,
  embedding real[]
);
comment on type ai.document_draft is 'A document of the users'' own, as upsert_embeddings takes it.';
comment on column ai.document_draft.key is
  'What it is called within its namespace, in 1 to 200 characters; one that is there is replaced.';
comment on column ai.document_draft.title is
  'What it is found under, in 1000 characters at most; left out: the key. A title or content is needed.';
comment on column ai.document_draft.content is 'Its text, in 1 000 000 characters at most.';
comment on column ai.document_draft.metadata is 'An object that is returned with what is found; left out: {}.';
comment on column ai.document_draft.workspace_id is
  'The workspace whose members find it; left out: everybody who may read, so who sees workspaces alone has to name one.';
comment on column ai.document_draft.is_private is
  'Whether only the caller finds it; left out: no. An API key has nothing of its own.';
comment on column ai.document_draft.embedding is
  'Of the content as a whole, by the active model, for who has it already. Left out, it is made.';

create type ai.upserted_documents as (
  inserted integer,
  changed integer,
  unchanged integer
);
comment on type ai.upserted_documents is 'What became of documents that were handed over.';

create type ai.embedding_failure as (
  namespace text,
  document_id uuid,
  title text,
  reason text,
  failed_at timestamptz
);
comment on type ai.embedding_failure is 'A text that could not be embedded: it is found by its words all the same.';

create type ai.embedding_status as (
  provider text,
  model text,
  dimension integer,
  next_model text,
  pending bigint,
  failed bigint,
  chunks bigint,
  failures ai.embedding_failure[]
);
comment on type ai.embedding_status is 'How far texts are embedded.';
comment on column ai.embedding_status.next_model is 'The model that takes over when it has embedded everything; null: none.';
comment on column ai.embedding_status.pending is 'Texts that are still to be embedded.';
comment on column ai.embedding_status.failed is 'Texts that were given up: retryEmbeddings tries again.';
comment on column ai.embedding_status.chunks is 'Parts of texts that are embedded, about.';
comment on column ai.embedding_status.failures is 'The last fifty of those that failed, as far as the caller may see them.';
