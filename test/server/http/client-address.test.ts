import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { clientAddress, networkOf, trustedProxies } from '../../../server/http/client-address.ts';

const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  test.each([
    ['is the other end of the connection', undefined, '192.0.2.1', undefined, '192.0.2.1'],
    ['is not what it says itself', undefined, '192.0.2.1', '10.0.0.1', '192.0.2.1'],
    ['is IPv4 without the dress of IPv6', undefined, '::ffff:192.0.2.1', undefined, '192.0.2.1'],
    ['has no interface', undefined, 'fe80::1%eth0', undefined, 'fe80::1'],
    ['is before the one proxy', 1, '10.0.0.1', '192.0.2.1', '192.0.2.1'],
    [
      'is before the last of the proxies, not further',
      1,
      '10.0.0.1',
      '1.1.1.1, 192.0.2.1',
      '192.0.2.1',
    ],
    ['is before two proxies', 2, '10.0.0.1', '1.1.1.1, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    [
      'is before proxies of a network',
      '10.0.0.0/8',
      '10.0.0.1',
      '1.1.1.1, 192.0.2.1, 10.9.9.9',
      '192.0.2.1',
    ],
    [
      'is who connects without going through a proxy',
      '10.0.0.0/8',
      '192.0.2.9',
      '1.1.1.1',
      '192.0.2.9',
    ],
    ['is the proxy when that names nobody', 1, '10.0.0.1', undefined, '10.0.0.1'],
    ['is nothing that is no address', 1, '10.0.0.1', 'evil<script>', '10.0.0.1'],
    ['is nothing empty', 1, '10.0.0.1', ', ', '10.0.0.1'],
    ['is unknown when the connection has gone', 1, undefined, '192.0.2.1', undefined],
  ])('%s', (_what, setting, remote, forwarded, address) => {
    expect(clientAddress(request(remote, forwarded), trustedProxies(setting))).toBe(address);
  });
});

describe('the network that is counted', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1::5:0:0:1', '2001:db8:1:0::/64'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
