// The tabs of the editor. GraphiQL keeps them: here are the one to come back to, and new ones beside those that are open.

const STATE = 'graphiql:tabState';

/** The tabs as GraphiQL has stored them, and which of them was open. */
function storedTabs() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem(STATE) ?? '');
    return Array.isArray(tabs) ? { tabs, activeTabIndex } : null;
  } catch {
    return null;
  }
}

/** Query and variables of the tab that was open when the page was left; null when there was none. */
export function leftTab() {
  const stored = storedTabs();
  const tab = stored?.tabs[stored.activeTabIndex];
  return tab ? { query: tab.query ?? '', variables: tab.variables ?? '' } : null;
}

/** The text of the query; undefined while the editor is on its way. */
const queryModel = () =>
  window.monaco?.editor.getModels().find(({ uri }) => uri.path.endsWith('-operation.graphql'));

export class Tabs {
  /** As GraphiQL told it last; null before anything has changed. */
  #state = null;
  /** Counts how often another tab has come up. */
  #visits = 0;

  constructor() {
    // Monaco is told to be reachable before it is loaded.
    window.MonacoEnvironment.globalAPI = true;
  }

  /** To be called by GraphiQL with its tabs. */
  changed = ({ tabs, activeTabIndex }) => {
    const before = this.#state?.tabs[this.#state.activeTabIndex]?.id;
    this.#state = { tabs, activeTabIndex };
    if (before === undefined || before === tabs[activeTabIndex]?.id) return;
    this.#visits += 1;
    window.requestAnimationFrame(() =>
      document.querySelector('.graphiql-tab-active')?.scrollIntoView({ inline: 'nearest' }),
    );
    // GraphiQL runs one thing at a time, and would show what comes of it in whatever tab is open.
    window.queueMicrotask(() =>
      document.querySelector('.graphiql-execute-button[aria-label^="Stop"]')?.click(),
    );
  };

  /** Makes a fetcher keep to itself what comes for a tab that has been left. */
  within = (fetcher) => async (parameters, options) => {
    const visit = this.#visits;
    const answer = await fetcher(parameters, options);
    const isForAll = parameters.operationName === 'IntrospectionQuery';
    return isForAll || visit === this.#visits ? answer : new Promise(() => undefined);
  };

  /** Opens a query: where it is open already, or in a tab of its own. */
  open(query) {
    const model = queryModel();
    if (!model) {
      setTimeout(() => this.open(query), 100);
      return;
    }
    const { tabs, activeTabIndex } = this.#state ??
      storedTabs() ?? { tabs: [], activeTabIndex: -1 };
    const index = tabs.findIndex((tab) => tab.query === query && !tab.variables?.trim());
    if (index >= 0) {
      if (index !== activeTabIndex)
        document.getElementById(`graphiql-session-tab-${index}`)?.click();
      return;
    }
    document.querySelector('.graphiql-tab-add')?.click();
    model.setValue(query);
  }
}
