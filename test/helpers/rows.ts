import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';

/** A column as the generator of rows sees it. */
type Column = {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** The first value that a check such as `status in ('draft', …)` allows. */
  readonly choice: string | null;
  readonly references: string | null;
  readonly referencedColumn: string | null;
  /** The other columns of the reference, and what they refer to. */
  readonly along: Readonly<Record<string, string>> | null;
};

/** Values that fit the checks of columns with these names, or of one table's, where a value of the type alone would not. */
const FITTING: Readonly<Record<string, (serial: number) => unknown>> = {
  email: (serial) => `sample${serial}@rows.test`,
  slug: (serial) => `sample-${serial}`,
  goal: (serial) => `goal_${serial}`,
  code: (serial) => `9${serial}`,
  key: (serial) => `sample_${serial}`,
  entity_type: () => 'projects.projects',
  field_name: (serial) => `sample_${serial}`,
  currency: () => 'USD',
  provider: () => 'sample',
  event_type: () => 'sample',
  prefix: (serial) => `cb_live_${serial.toString(16).padStart(8, '0')}`,
  secret_hash: (serial) => Buffer.alloc(32, serial),
  scopes: () => ['projects.read'],
  expiry_month: () => 12,
  expiry_year: () => 2040,
  last4: () => '4242',
  phone: () => '+1 212 555 0100',
  month: (serial) => `${1000 + serial}-05-01`,
  time_zone: () => 'Europe/Berlin',
  permission: () => 'projects.read',
  read_permission: () => 'projects.read',
  namespace: (serial) => `sample_${serial}`,
  signal: () => 'company_name',
  metric: (serial) => `sample_${serial}`,
  event_name: (serial) => `sample_${serial}`,
  entry_event: (serial) => `sample_${serial}`,
  'analytics.app_events.name': (serial) => `sample_${serial}`,
  'analytics.pmf_metrics_snapshots.day': (serial) => `${1000 + serial}-05-01`,
  // as long as those of the model that a new database begins with
  'ai.embeddings.embedding': () => JSON.stringify(Array<number>(768).fill(0.5)),
  'analytics.segments.rule': () => '{"field": "email", "op": "is_set"}',
};

/** Rows that a catalog table comes with, so that none has to be made. */
const IN_CATALOG: Readonly<Record<string, string>> = {
  'billing.usage_metrics': 'projects',
  'analytics.data_sources': 'projects.open',
};

/** What a check over several columns asks for besides what is required. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'billing.payment_methods': ['last4', 'expiry_month', 'expiry_year'],
  'identity.emergency_contacts': ['phone'],
  'crm.lead_activities': ['lead_id'],
  'community.referrals': ['referrer_id'],
  'marketing.nurturing_enrollments': ['step_id', 'next_run_at'],
  'analytics.reports': ['source_key'],
  'analytics.sessions': ['user_id'],
  'analytics.user_segments': ['user_id'],
  'marketing.email_templates': ['text_source'],
};

const BY_TYPE: Readonly<Record<string, (serial: number) => unknown>> = {
  text: (serial) => `Sample ${serial}`,
  date: () => '2026-05-04',
  'timestamp with time zone': () => '2026-05-04T10:00:00Z',
  numeric: () => '1.00',
  integer: () => 1,
  smallint: () => 1,
  bigint: () => 1,
  real: () => 0.5,
  tsvector: () => "'sample':1",
  'double precision': () => 0.5,
  boolean: () => false,
  uuid: () => randomUUID(),
  jsonb: () => '{}',
  bytea: (serial) => Buffer.alloc(40, serial),
  'text[]': () => [],
  'uuid[]': () => [],
  tstzrange: () => '[2026-05-01T00:00:00Z,2026-06-01T00:00:00Z)',
};

async function columnsOf(client: PoolClient, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, null) as type,
            a.attnotnull and not a.atthasdef and a.attidentity = '' as required,
            (select substring(pg_get_constraintdef(c.oid) from 'ANY \\(\\(?ARRAY\\[''([^'']+)''')
               from pg_constraint c
              where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]
                and pg_get_constraintdef(c.oid) ~ 'ANY \\(\\(?ARRAY\\['
              limit 1) as choice,
            f.confrelid::regclass::text as references,
            (select r.attname
               from pg_attribute r
              where r.attrelid = f.confrelid and r.attnum = f.confkey[array_position(f.conkey, a.attnum)])
              as "referencedColumn",
            (select jsonb_object_agg(own.attname, other.attname)
               from unnest(f.conkey, f.confkey) as k (own, other)
               join pg_attribute own on own.attrelid = a.attrelid and own.attnum = k.own
               join pg_attribute other on other.attrelid = f.confrelid and other.attnum = k.other
              where own.attnum <> a.attnum and own.attname <> 'organization_id') as along
       from pg_attribute a
       left join lateral (
              select c.* from pg_constraint c
               where c.conrelid = a.attrelid and c.contype = 'f' and c.conkey[cardinality(c.conkey)] = a.attnum
               order by c.oid
               limit 1
            ) f on true
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by a.attnum`,
    [table],
  );
  return rows;
}

/**
 * Makes one row of any table, with the rows that it needs, out of the catalog alone, so that a table that is added later
 * is covered without anybody writing a sample for it.
 */
export class RowMaker {
  readonly #columns = new Map<string, Column[]>();
  #serial = 0;

  /**
   * The values of a new row of `table`, without its organization: what it must have, references made on the way.
   *
   * @param userId who stands wherever the table asks for a user
   * @param given what is settled already
   */
  async values(
    client: PoolClient,
    table: string,
    place: { organizationId: string; workspaceId: string | null; userId: string },
    given: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    let columns = this.#columns.get(table);
    if (!columns) this.#columns.set(table, (columns = await columnsOf(client, table)));
    this.#serial += 1;
    const values: Record<string, unknown> = {};
    // One parent for all references to the same table's rows of one chain: tasks of a link belong to one project.
    const made = new Map<string, Record<string, unknown>>();
    for (const column of columns) {
      const isNeeded = column.required || ALSO[table]?.includes(column.name);
      if (column.name === 'organization_id' || !isNeeded) continue;
      if (column.name in given) {
        values[column.name] = given[column.name];
        continue;
      }
      if (column.references === 'identity.users') {
        values[column.name] = place.userId;
      } else if (column.references === 'tenancy.organization_members') {
        values[column.name] = place.userId;
      } else if (column.references && column.references in IN_CATALOG) {
        values[column.name] = IN_CATALOG[column.references];
      } else if (column.references) {
        const known = column.name === 'project_id' ? made.get('projects.projects') : undefined;
        const parent =
          known ??
          (await this.#listed(client, column.references)) ??
          (await this.insert(client, column.references, place, sharedOf(values)));
        made.set(column.references, parent);
        values[column.name] = parent[column.referencedColumn ?? 'id'];
        for (const [own, other] of Object.entries(column.along ?? {})) values[own] = parent[other];
      } else {
        values[column.name] = this.#valueOf(table, column);
      }
    }
    if (columns.some((column) => column.name === 'workspace_id') && !('workspace_id' in values)) {
      values['workspace_id'] = place.workspaceId;
    }
    return values;
  }

  /** Makes that row, as whoever the client is. */
  async insert(
    client: PoolClient,
    table: string,
    place: { organizationId: string; workspaceId: string | null; userId: string },
    given: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const values = { ...(await this.values(client, table, place, given)), ...given };
    const columns = await this.#namesOf(client, table);
    const row: Record<string, unknown> = Object.fromEntries(
      Object.entries(values).filter(([name]) => columns.has(name)),
    );
    if (columns.has('organization_id')) row['organization_id'] = place.organizationId;
    const names = Object.keys(row);
    const { rows } = await client.query<Record<string, unknown>>(
      `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})
       returning *`,
      Object.values(row),
    );
    return rows[0] ?? {};
  }

  /** A row of a table that belongs to nobody, such as a register: those that are there mean something. */
  async #listed(client: PoolClient, table: string): Promise<Record<string, unknown> | undefined> {
    const names = await this.#namesOf(client, table);
    if (names.has('organization_id') || names.has('user_id')) return undefined;
    const { rows } = await client.query<Record<string, unknown>>(
      `select * from ${table} order by 1 limit 1`,
    );
    return rows[0];
  }

  async #namesOf(client: PoolClient, table: string): Promise<Set<string>> {
    let columns = this.#columns.get(table);
    if (!columns) this.#columns.set(table, (columns = await columnsOf(client, table)));
    return new Set(columns.map((column) => column.name));
  }

  #valueOf(table: string, column: Column): unknown {
    const make = column.choice
      ? () => column.choice
      : (FITTING[`${table}.${column.name}`] ?? FITTING[column.name] ?? BY_TYPE[column.type]);
    if (!make) {
      throw new Error(`No sample value for ${table}.${column.name} (${column.type}): add one.`);
    }
    return make(this.#serial);
  }
}

/** What a row and those that it points at belong to together. */
const SHARED = ['project_id', 'ab_test_id', 'sequence_id', 'dashboard_id'];

const sharedOf = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => SHARED.includes(name)));
