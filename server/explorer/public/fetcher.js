import { createClient } from 'graphql-ws';

const isSubscription = (query, operationName) =>
  operationName
    ? new RegExp(`\\bsubscription\\s+${operationName}\\b`).test(query)
    : /^\s*(#[^\n]*\s+)*subscription\b/.test(query);

/** How the explorer talks to the API: requests over HTTP, subscriptions over a web socket, both as the session's user. */
export function makeFetcher(endpoint, session) {
  const socketUrl = new URL(endpoint, location.href);
  socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const client = createClient({
    url: socketUrl.href,
    lazy: true,
    connectionParams: async () => {
      const token = await session.accessToken();
      return token ? { authorization: `Bearer ${token}` } : {};
    },
  });

  async function overHttp(parameters, headers) {
    const token = await session.accessToken();
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: JSON.stringify(parameters),
    });
    return response.json();
  }

  return (parameters, options = {}) =>
    isSubscription(parameters.query, parameters.operationName)
      ? client.iterate(parameters)
      : overHttp(parameters, options.headers);
}
