import { createClient } from 'graphql-ws';

const isSubscription = (query, operationName) =>
  operationName
    ? new RegExp(`\\bsubscription\\s+${operationName}\\b`).test(query)
    : /^\s*(#[^\n]*\s+)*subscription\b/.test(query);

/** The editor looks up late which operations there are: until then it names one of the document before. */
const withItsName = ({ operationName, ...parameters }) =>
  operationName &&
  new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(parameters.query)
    ? { operationName, ...parameters }
    : parameters;

/**
 * How the explorer talks to the API: requests over HTTP, subscriptions over a web socket, both as the session's user.
 *
 * @param onAnswer told about each answer over HTTP, with what was asked
 */
export function makeFetcher(endpoint, session, onAnswer = () => undefined) {
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
    const answer = await response.json();
    onAnswer(parameters, answer);
    return answer;
  }

  return (asked, options = {}) => {
    const parameters = withItsName(asked);
    return isSubscription(parameters.query, parameters.operationName)
      ? client.iterate(parameters)
      : overHttp(parameters, options.headers);
  };
}
