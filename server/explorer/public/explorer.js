import { createRoot, React, Ruru } from 'ruru';
import { showInBar, wireBar } from './caller-bar.js';
import { makeFetcher } from './fetcher.js';
import { openedLink } from './links.js';
import { Session } from './session.js';
import { leftTab, Tabs } from './tabs.js';
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

const tabs = new Tabs();
const fetcherOfTab = tabs.within(fetcher);

/**
 * Shows the editor, with the tabs that it had.
 *
 * @param shown query and variables of the tab to show: one of these, or a new one; null: the first of the shelf
 */
function showEditor(shown) {
  createRoot($('ruru-root')).render(
    React.createElement(Ruru, {
      fetcher: fetcherOfTab,
      endpoint: config.endpoint,
      showPersistHeadersSettings: false,
      defaultQuery: config.shelf[0]?.query,
      onTabChange: tabs.changed,
      ...(shown ? { initialQuery: shown.query, initialVariables: shown.variables } : {}),
    }),
  );
}

// --- the shelf

const narrow = window.matchMedia('(max-width: 700px)');

function showShelf(isShown) {
  $('shelf').hidden = !isShown;
  $('shelf-toggle').setAttribute('aria-expanded', String(isShown));
}

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
      button.addEventListener('click', () => {
        tabs.open(query);
        // There it lies upon the editor.
        if (narrow.matches) showShelf(false);
      });
      $('shelf').append(button);
    }
  }
}

$('shelf-toggle').addEventListener('click', () => showShelf($('shelf').hidden));

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
showShelf(!narrow.matches);
if (config.demo) signIn.offerAccounts(config.demo);
$('dev-mail').hidden = !config.devMail;
const link = await openedLink((query, variables) => session.ask(query, variables));
showEditor(link ?? leftTab());
await showCaller();
// A server that does not answer has said so already.
await signIn.offerProviders().catch(() => undefined);
await signIn.resume();
if (!session.tokens && !link) signIn.open();
