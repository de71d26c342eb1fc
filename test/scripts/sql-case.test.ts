import { expect, test } from '@jest/globals';
import { capitalsIn } from '../../scripts/sql-case.ts';

const words = (sql: string) => capitalsIn(sql).map(({ word }) => word);

test('finds keywords and names with capitals, and their lines', () => {
  expect(capitalsIn('select 1;\nSELECT myColumn from t')).toEqual([
    { word: 'SELECT', line: 2 },
    { word: 'myColumn', line: 2 },
  ]);
});

test('finds them inside a dollar quote and after a string', () => {
  expect(words("do $Body$\nbegin\n  perform 'It''s A', x; RETURN;\nend\n$Body$")).toEqual([
    'RETURN',
  ]);
});

test.each([
  ['a comment', 'select 1 -- Never BEFORE\n, 2 /* One\nTwo */'],
  ['a string', "select 'To BE', e'It\\'s ME', E'\\'A'"],
  ['a quoted name', 'select "myName" from t'],
  ['a placeholder', "format($sql$select %I, %1$L from t$sql$, 'A')"],
  ['the text of a comment', 'comment on table t is $$What it Holds$$'],
])('lets %s be', (_, sql) => {
  expect(words(sql)).toEqual([]);
});
