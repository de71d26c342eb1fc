import { createRoot, React, Ruru } from 'ruru';
import { showInBar, wireBar } from './caller-bar.js';
import { makeFetcher } from './fetcher.js';
import { openedLink } from './links.js';
import { Session } from './session.js';
import { Why } from './why.js';

const config = JSON.parse(document.getElementById('explorer-config').textContent);
const session = new Session(config.endpoint);
const why = new Why((query, variables) => session.ask(query, variables));
const fetcher = makeFetcher(config.endpoint, session, (parameters, { data, errors }) => {
  // Whoever signs up in the editor is signed in, as with the link of an invitation.
  if (session.take(data?.signUp?.session)) void showCaller();
  // The editor asks for the schema by itself.
  if (parameters.operationName !== 'IntrospectionQuery') why.note(parameters, errors);
});
const $ = (id) => document.getElementById(id);

// --- the editor

const root = createRoot($('ruru-root'));
let opened = 0;

/** Shows the editor; with a query, in a tab of its own. */
function showEditor(query, variables) {
  opened += 1;
  root.render(
    React.createElement(Ruru, {
      key: opened,
      fetcher,
      endpoint: config.endpoint,
      showPersistHeadersSettings: false,
      defaultQuery: config.shelf[0]?.query,
      ...(query ? { initialQuery: query } : {}),
      ...(variables ? { initialVariables: JSON.stringify(variables, null, 2) } : {}),
    }),
  );
}

// --- the shelf

function fillShelf() {
  const modules = Map.groupBy(config.shelf, (each) => each.module);
  for (const [module, queries] of modules) {
    const heading = document.createElement('h2');
    heading.textContent = module;
    $('shelf').append(heading);
    for (const { title, query } of queries) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = title;
      button.addEventListener('click', () => showEditor(query));
      $('shelf').append(button);
    }
  }
}

$('shelf-toggle').addEventListener('click', () => {
  const hidden = !$('shelf').hidden;
  $('shelf').hidden = hidden;
  $('shelf-toggle').setAttribute('aria-expanded', String(!hidden));
});

// --- who is signed in

async function showCaller() {
  let me;
  try {
    me = await session.me();
  } catch {
    $('who').textContent = 'The server does not answer.';
    return;
  }
  showInBar(me);
}

const signIn = wireBar(session, showCaller);

fillShelf();
if (config.demo) signIn.offerAccounts(config.demo);
$('dev-mail').hidden = !config.devMail;
const link = await openedLink((query, variables) => session.ask(query, variables));
showEditor(link?.query, link?.variables);
await showCaller();
// A server that does not answer has said so already.
await signIn.offerProviders().catch(() => undefined);
await signIn.resume();
if (!session.tokens && !link) signIn.open();
