import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  migrate,
  MigrationError,
  pendingMigrations,
  readMigrationFiles,
  type MigrationFile,
} from '../../db/migrate.ts';
import { makeCast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const database = testDatabase();
const released = readMigrationFiles();

/** A file of a module that only these tests have. */
function file(stage: MigrationFile['stage'], name: string, sql: string): MigrationFile {
  const hash = createHash('sha256').update(sql).digest('hex');
  return { path: `90_extra/${stage}/${name}.sql`, module: 'extra', stage, sql, hash };
}

const alongside = (...files: MigrationFile[]) => ({ files: [...released, ...files] });
const tableThere = async (name: string) =>
  (
    await database
      .pool()
      .query('select from pg_tables where schemaname = $1 and tablename = $2', ['extra', name])
  ).rowCount === 1;
const functionThere = async (signature: string) =>
  (await database.pool().query('select to_regprocedure($1) as f', [signature])).rows[0]?.f !== null;

afterEach(async () => {
  await database.pool().query(`
    drop schema if exists extra cascade;
    delete from platform.migrations where path like '90_extra/%' or path like '99_%'`);
});

describe('migrate', () => {
  test('does nothing on a database that is current', async () => {
    expect((await migrate(database)).ran).toEqual([]);
    expect(await pendingMigrations(database)).toEqual([]);
  });

  test('runs what is new, once, and says so', async () => {
    const things = file('tables', '001_things', 'create table extra.things (id int);');
    expect(await pendingMigrations(database, alongside(things).files)).toEqual([things.path]);
    expect((await migrate(database, alongside(things))).ran).toEqual([things.path]);
    expect((await migrate(database, alongside(things))).ran).toEqual([]);
    expect(await tableThere('things')).toBe(true);
  });

  test('makes everything as the owner', async () => {
    await migrate(
      database,
      alongside(file('tables', '001_things', 'create table extra.things (id int);')),
    );
    const { rows } = await database
      .pool()
      .query("select tableowner from pg_tables where schemaname = 'extra'");
    expect(rows).toEqual([{ tableowner: 'callboard_owner' }]);
  });

  test('runs a function again when its text changes, and drops the signature it no longer has', async () => {
    const narrow = file(
      'functions',
      'answer',
      'create or replace function extra.answer(a int) returns int language sql return a;',
    );
    const wide = file(
      'functions',
      'answer',
      'create or replace function extra.answer(a int, b int) returns int language sql return a + b;',
    );
    await migrate(database, alongside(narrow));
    const report = await migrate(database, alongside(wide));
    expect(report.ran).toEqual([wide.path]);
    expect(report.dropped).toEqual(['extra.answer(integer)']);
    expect(await functionThere('extra.answer(int)')).toBe(false);
    expect(await functionThere('extra.answer(int,int)')).toBe(true);
  });

  test('runs a function again whose return type or names of arguments have changed', async () => {
    const answer = (signature: string, body: string) =>
      file('functions', 'answer', `create or replace function extra.answer(${signature} ${body};`);
    const returnTypeOf = async () => {
      const { rows } = await database
        .pool()
        .query<{ type: string }>(
          "select prorettype::regtype as type from pg_proc where oid = to_regprocedure('extra.answer(int)')",
        );
      return rows[0]?.type;
    };
    await migrate(database, alongside(answer('a int) returns int', 'language sql return a')));
    const wider = answer('number int) returns bigint', 'language sql return number');
    expect(await migrate(database, alongside(wider))).toMatchObject({ ran: [wider.path] });
    expect(await returnTypeOf()).toBe('bigint');
    const wrong = answer('number int) returns text', 'language sql return number / 0 + nothing');
    await expect(migrate(database, alongside(wrong))).rejects.toThrow(/column "nothing"/);
    expect(await returnTypeOf()).toBe('bigint');
  });

  test('drops the functions of a file that is gone', async () => {
    const gone = file(
      'functions',
      'gone',
      'create or replace function extra.gone() returns int language sql return 1;',
    );
    await migrate(database, alongside(gone));
    expect((await migrate(database, { files: released })).dropped).toEqual(['extra.gone()']);
    expect(await functionThere('extra.gone()')).toBe(false);
  });

  describe('a function that moves to another file', () => {
    const answer =
      'create or replace function extra.answer(a int) returns int language sql return a;';
    const other = 'create or replace function extra.other() returns int language sql return 1;';
    const table = file('tables', '001_things', 'create table extra.things (id int);');
    // Goes by the function, which cannot be dropped meanwhile.
    const checked = 'alter table extra.things add check (extra.answer(id) > 0);';
    const grant = 'grant execute on function extra.answer(int) to callboard_member;';
    const stays = async () => {
      const { rows } = await database
        .pool()
        .query<{ granted: boolean }>(
          "select has_function_privilege('callboard_member', 'extra.answer(int)', 'execute') as granted",
        );
      return rows[0]?.granted;
    };
    const functionFile = (name: string, ...sql: string[]) =>
      file('functions', name, sql.join('\n'));
    const withTheRest = (...files: MigrationFile[]) =>
      migrate(database, alongside(table, ...files, file('access', 'access', grant + checked)));

    test.each(['a_new', 'z_new'])('stays when its file is renamed to %s', async (name) => {
      await withTheRest(functionFile('old', answer));
      const report = await withTheRest(functionFile(name, answer));
      expect(report).toMatchObject({ ran: [`90_extra/functions/${name}.sql`], dropped: [] });
      expect(await stays()).toBe(true);
      expect(await withTheRest(functionFile(name, answer))).toMatchObject({ ran: [], dropped: [] });
    });

    test('stays when it moves to an earlier file', async () => {
      await withTheRest(functionFile('a', other), functionFile('b', answer));
      const moved = [functionFile('a', other, answer), functionFile('b', '-- empty')];
      expect((await withTheRest(...moved)).dropped).toEqual([]);
      expect(await stays()).toBe(true);
      // It is that file's now.
      await database.pool().query('drop table extra.things');
      expect((await migrate(database, alongside(table))).dropped.toSorted()).toEqual([
        'extra.answer(integer)',
        'extra.other()',
      ]);
    });

    test('stays when it moves to a later file', async () => {
      await withTheRest(functionFile('a', answer, other), functionFile('b', '-- empty'));
      const moved = [functionFile('a', other), functionFile('b', answer)];
      expect((await withTheRest(...moved)).dropped).toEqual([]);
      expect(await stays()).toBe(true);
      expect((await withTheRest(...moved)).ran).toEqual([]);
    });

    test('stays with what it is, though its old file has others that are made anew', async () => {
      const wide = other.replace('int language', 'bigint language');
      await withTheRest(functionFile('a', '-- empty'), functionFile('b', answer, other));
      await withTheRest(functionFile('a', answer), functionFile('b', wide));
      expect(await stays()).toBe(true);
    });

    test('is made anew with another return type, and goes with another signature', async () => {
      await migrate(database, alongside(functionFile('old', answer)));
      const wide = answer.replace('returns int', 'returns bigint');
      expect((await migrate(database, alongside(functionFile('new', wide)))).dropped).toEqual([]);
      const text = answer.replace('a int', 'a int, b int default 0');
      // With both there, this would go by the old one.
      const caller =
        'create or replace function extra.z() returns int language sql return extra.answer(1);';
      const report = await migrate(
        database,
        alongside(functionFile('newest', text), functionFile('z', caller)),
      );
      expect(report.dropped).toEqual(['extra.answer(integer)']);
      expect(await functionThere('extra.answer(int)')).toBe(false);
      expect(await functionThere('extra.answer(int,int)')).toBe(true);
    });

    test('is not forgotten by a migration that fails half-way', async () => {
      await migrate(database, alongside(functionFile('a', answer, other)));
      const failing = functionFile('b', answer, 'select 1 / 0;');
      await expect(migrate(database, alongside(functionFile('a', other), failing))).rejects.toThrow(
        'division by zero',
      );
      expect(await functionThere('extra.answer(int)')).toBe(true);
      // In the end it moves nowhere.
      expect((await migrate(database, alongside(functionFile('a', other)))).dropped).toEqual([
        'extra.answer(integer)',
      ]);
      expect(await functionThere('extra.answer(int)')).toBe(false);
      expect((await migrate(database, alongside(functionFile('a', other)))).dropped).toEqual([]);
    });
  });

  test('an old signature that something goes by stays until later files have changed that', async () => {
    const answer = (signature: string) =>
      file(
        'functions',
        'answer',
        `create or replace function extra.answer(${signature}) returns int language sql return 1;`,
      );
    const table = file('tables', '001_things', 'create table extra.things (id int);');
    const access = (call: string) =>
      file(
        'access',
        'access',
        `alter table extra.things drop constraint if exists sound, add constraint sound check (${call} > 0);`,
      );
    await migrate(database, alongside(table, answer('a int'), access('extra.answer(id)')));
    const report = await migrate(
      database,
      alongside(table, answer('a int, b int'), access('extra.answer(id, id)')),
    );
    expect(report.dropped).toEqual(['extra.answer(integer)']);
    expect(await functionThere('extra.answer(int)')).toBe(false);
  });

  test('functions of files that are gone go together, though one goes by the other', async () => {
    const inner = file(
      'functions',
      'inner',
      'create or replace function extra.inner_one() returns int language sql return 1;',
    );
    const outer = file(
      'functions',
      'outer',
      'create or replace function extra.outer_one() returns int language sql return extra.inner_one();',
    );
    await migrate(database, alongside(inner, outer));
    expect((await migrate(database, { files: released })).dropped.toSorted()).toEqual([
      'extra.inner_one()',
      'extra.outer_one()',
    ]);
  });

  test('refuses a released table file that was edited', async () => {
    await migrate(
      database,
      alongside(file('tables', '001_things', 'create table extra.things (id int);')),
    );
    const edited = file('tables', '001_things', 'create table extra.things (id bigint);');
    await expect(migrate(database, alongside(edited))).rejects.toThrow(MigrationError);
    await expect(migrate(database, alongside(edited))).rejects.toThrow(
      /90_extra\/tables\/001_things\.sql has been edited after it ran/,
    );
  });

  test('refuses a database that is newer than the code', async () => {
    await migrate(
      database,
      alongside(file('tables', '001_things', 'create table extra.things (id int);')),
    );
    await expect(migrate(database, { files: released })).rejects.toThrow(/newer than this code/);
    expect(await tableThere('things')).toBe(true);
  });

  test('a file that fails leaves nothing of itself, names itself, and keeps what ran before it', async () => {
    const good = file('tables', '001_good', 'create table extra.good (id int);');
    const bad = file('tables', '002_bad', 'create table extra.bad (id int); select 1 / 0;');
    await expect(migrate(database, alongside(good, bad))).rejects.toThrow(
      '90_extra/tables/002_bad.sql: division by zero',
    );
    expect(await tableThere('good')).toBe(true);
    expect(await tableThere('bad')).toBe(false);
    expect(await pendingMigrations(database, alongside(good, bad).files)).toEqual([bad.path]);
  });

  test('a file that stands in another migration’s way runs again, and not for ever', async () => {
    // A sequence counts the attempts, whatever is rolled back.
    await database.pool().query('create schema extra authorization callboard_owner');
    await database
      .pool()
      .query('set role callboard_owner; create sequence extra.attempts; reset role');
    const deadlocked = (attempts: number) => `
      create table extra.t${attempts} (id int);
      do $$ begin
        if nextval('extra.attempts') < ${attempts} then raise exception using errcode = '40P01', message = 'deadlock detected'; end if;
      end $$;`;
    const third = file('tables', '001_third', deadlocked(3));
    expect((await migrate(database, alongside(third))).ran).toEqual([third.path]);
    expect(await tableThere('t3')).toBe(true);
    await expect(
      migrate(database, alongside(third, file('tables', '002_never', deadlocked(1000)))),
    ).rejects.toThrow('deadlock detected');
    expect(await tableThere('t1000')).toBe(false);
  });

  describe('access files', () => {
    /** The files of a copy of the modules in which some have another text. */
    function edited(edits: Record<string, (sql: string) => string>): MigrationFile[] {
      const copy = mkdtempSync(path.join(tmpdir(), 'callboard-modules-'));
      try {
        cpSync(path.join(import.meta.dirname, '../../db/modules'), copy, { recursive: true });
        for (const [name, edit] of Object.entries(edits)) {
          const file = path.join(copy, name);
          writeFileSync(file, edit(readFileSync(file, 'utf8')));
        }
        return readMigrationFiles(copy);
      } finally {
        rmSync(copy, { recursive: true });
      }
    }

    const changedWith = (name: string) => {
      const before = new Map(released.map((each) => [each.path, each.hash]));
      return edited({ [name]: (sql) => `${sql}\n-- edited\n` })
        .filter((each) => before.get(each.path) !== each.hash)
        .map((each) => each.path);
    };

    test('run again when their own tables change', () => {
      expect(changedWith('06_projects/tables/001_projects.sql')).toEqual([
        '06_projects/tables/001_projects.sql',
        '06_projects/access.sql',
      ]);
    });

    test.each([
      '00_platform/functions/protect.sql',
      '04_billing/functions/meter.sql',
      '24_ai/functions/make_searchable.sql',
      '24_ai/functions/make_index_trigger.sql',
      '24_ai/functions/embedding_models.sql',
    ])('run again when %s changes, by which they make things', (name) => {
      expect(changedWith(name)).toEqual(
        expect.arrayContaining([name, '13_finance/access.sql', '24_ai/access.sql']),
      );
    });

    test('do not run again when a function changes that makes nothing', () => {
      const name = '24_ai/functions/snippet.sql';
      expect(changedWith(name)).toEqual([name]);
    });

    test('every function that makes functions or triggers is one by which they run again', async () => {
      const { rows } = await database.pool().query<{ name: string; path: string }>(
        `select p.oid::regprocedure::text as name, m.path
           from pg_proc p
           join pg_namespace n on n.oid = p.pronamespace
           left join platform.migrations m on p.oid::regprocedure::text = any (m.objects)
          where p.prosrc ~* 'create\\s+(or replace )?(function|procedure|trigger|constraint trigger|policy|view)\\M'
            and n.nspname in (select distinct split_part(substr(path, 4), '/', 1) from platform.migrations)`,
      );
      expect(rows.length).toBeGreaterThan(8);
      for (const { path: name } of new Map(rows.map((row) => [row.path, row])).values()) {
        expect(changedWith(name)).toContain('24_ai/access.sql');
      }
    });

    test('have functions written anew that are written by functions, and index nothing anew', async () => {
      const cast = await makeCast(database, 'searching');
      const { rows: made } = await database
        .pool()
        .query<{ id: string }>(
          "insert into projects.projects (organization_id, name) values ($1, 'Harbour') returning id",
          [cast.organizationId],
        );
      const indexed = async () =>
        (
          await database.pool().query(
            `select d.xmin::text, d.ctid::text,
                    (select count(*) from ai.embedding_marks) as marks,
                    (select count(*) from ai.embedding_outbox) as waiting
               from ai.search_documents d
              where d.id = $1`,
            [made[0]?.id],
          )
        ).rows;
      const bodies = async (name: string) =>
        (
          await database.pool().query<{ old: string; new: string }>(
            `select count(*) filter (where prosrc ~ 'Another body') as new,
                      count(*) filter (where prosrc !~ 'Another body') as old
                 from pg_proc where pronamespace = 'ai'::regnamespace and proname ~ $1`,
            [name],
          )
        ).rows[0];
      const before = await indexed();
      expect(before).toHaveLength(1);
      const tables = (await database.pool().query('select from ai.searchable_tables')).rowCount;
      const models = (
        await database.pool().query("select from ai.embedding_models where status <> 'retired'")
      ).rowCount;

      const anotherBody = (sql: string) =>
        sql.replace('as $body$\n', 'as $body$\n    -- Another body.\n');
      const files = edited({
        '24_ai/functions/make_index_trigger.sql': anotherBody,
        '24_ai/functions/embedding_models.sql': anotherBody,
      });
      try {
        await migrate(database, { files });
        expect(await bodies('^index_.*_trigger$')).toEqual({ old: '0', new: String(tables) });
        expect(await bodies('^nearest_in_')).toEqual({ old: '0', new: String(models) });
        expect(await indexed()).toEqual(before);
      } finally {
        await migrate(database);
      }
      expect(await bodies('^index_.*_trigger$')).toEqual({ old: String(tables), new: '0' });
    });
  });
});

describe('the order of files', () => {
  const paths = released.map((each) => each.path);
  const last = (pattern: RegExp) => paths.findLastIndex((each) => pattern.test(each));
  const first = (pattern: RegExp) => paths.findIndex((each) => pattern.test(each));

  test('is the kernel, then all tables, all functions, all access files', () => {
    expect(last(/^0[01]_.*\/tables\//)).toBeLessThan(first(/^02_identity\/tables\//));
    expect(last(/\/tables\//)).toBeLessThan(first(/^(0[2-9]|[1-9]\d)_.*\/functions\//));
    expect(last(/\/functions\//)).toBeLessThan(first(/\/access\.sql$/));
  });
});

onServer('two migrations at once', () => {
  test('one runs, the other waits and finds nothing to do', async () => {
    const things = file(
      'tables',
      '001_things',
      'create table extra.things (id int); select pg_sleep(0.2);',
    );
    const reports = await Promise.all([
      migrate(database, alongside(things)),
      migrate(database, alongside(things)),
    ]);
    expect(reports.map((report) => report.ran.length).sort()).toEqual([0, 1]);
  });
});
