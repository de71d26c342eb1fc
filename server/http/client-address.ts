import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import express from 'express';

/** Whether an address, the so-manieth on the way to us, is one of our proxies. */
export type Trust = (address: string, hop: number) => boolean;

/** The proxies that Express would trust by the same setting; undefined: there are none. */
export function trustedProxies(setting: number | string | undefined): Trust | undefined {
  if (setting === undefined) return undefined;
  return express().set('trust proxy', setting).get('trust proxy fn') as Trust;
}

/** An address as Postgres takes it: without the IPv6 dress of an IPv4 address, and without the name of an interface. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/**
 * The address of the client: the nearest that is none of our proxies. What a client itself claims in `X-Forwarded-For` stands
 * before that and is not believed, nor is what is no address. Undefined when the connection has gone.
 */
export function clientAddress(
  request: IncomingMessage,
  trust: Trust | undefined,
): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress === undefined) return undefined;
  const nearest = plain(remoteAddress);
  const forwarded = request.headers['x-forwarded-for'];
  if (!trust || typeof forwarded !== 'string' || !trust(nearest, 0)) return nearest;
  const hops = forwarded.split(',').map((hop) => plain(hop.trim()));
  let address = nearest;
  for (const [index, hop] of hops.reverse().entries()) {
    if (isIP(hop) === 0) break;
    address = hop;
    if (!trust(hop, index + 1)) break;
  }
  return address;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(missing).fill('0'), ...after].map((group) =>
    group.replace(/^0+(?=.)/, '').toLowerCase(),
  );
}

/**
 * What limits count by: an IPv4 address, or the /64 network of an IPv6 address, which one customer has whole and could use
 * another address of for each request.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (!isIPv6(address)) return address.slice(0, 64);
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}
