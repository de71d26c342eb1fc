import { describe, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { uncounted } from '../helpers/server.ts';

describe('the audits of GraphQL over HTTP', () => {
  const server = uncounted();
  const audits = serverAudits({ url: () => server.url() });

  test('are all there', () => {
    expect(audits.length).toBeGreaterThan(50);
  });

  test.each(audits.map(({ id, name, fn }) => [id, name, fn] as const))(
    '%s %s',
    async (_id, _name, fn) => {
      const result = await fn();
      expect(result).toMatchObject({ status: 'ok' });
    },
  );
});
