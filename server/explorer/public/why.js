// Why a mutation was refused: a strip that offers to say so, and a window that does.

import { refusalsOf } from './refusals.js';

const EXPLAIN = `query Why($type: String!, $rowId: UUID, $action: AccessAction!) {
  explainAccess(type: $type, rowId: $rowId, action: $action) {
    summary rule permissionsNeeded rolesThatAllow archivedAt nextStatuses
    checks { subject name passed permissions held expression }
  }
}`;

const $ = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const SUBJECTS = {
  grant: 'May callers do this to such rows at all?',
  policy: 'One of these has to pass',
  restriction: 'Each of these has to pass',
};

function outcome(passed) {
  if (passed === null) return ['?', 'depends on the row'];
  return passed ? ['✓', 'passes'] : ['✗', 'does not pass'];
}

function rowOf({ subject, name, passed, permissions, held, expression }) {
  const row = element('tr', null, passed === false ? 'fails' : '');
  const [mark, words] = outcome(passed);
  const verdict = element('td', mark);
  verdict.title = words;
  verdict.setAttribute('aria-label', words);
  const what = element('td', name);
  what.append(element('small', SUBJECTS[subject]));
  const asks = element('td');
  for (const permission of permissions) {
    const holds = held.includes(permission);
    asks.append(
      element('code', permission, holds || passed !== false ? '' : 'missing'),
      element('small', holds ? 'held' : 'not held'),
    );
  }
  if (expression) row.title = expression;
  row.append(verdict, what, asks);
  return row;
}

/** Offers, after a refused mutation, to say why. */
export class Why {
  #ask;
  #refusals = [];

  /** @param ask sends a query with its variables, and resolves to data or throws */
  constructor(ask) {
    this.#ask = ask;
    $('why').addEventListener('click', () => void this.explain());
    $('why-close').addEventListener('click', () => $('why-dialog').close());
    $('refusal-close').addEventListener('click', () => this.note({ query: '' }, []));
  }

  /** Looks at the errors of an answer: the strip comes, or goes. */
  note(parameters, errors) {
    this.#refusals = refusalsOf(parameters, errors);
    const [first] = this.#refusals;
    $('refusal').hidden = !first;
    $('refusal-text').textContent = first ? `${first.field} was refused.` : '';
  }

  async explain() {
    const body = $('why-body');
    body.replaceChildren();
    for (const refusal of this.#refusals) body.append(...(await this.#explanationOf(refusal)));
    if (!$('why-dialog').open) $('why-dialog').showModal();
  }

  async #explanationOf({ field, message, detail, type, action, rowId }) {
    const heading = element('h3', field);
    const said = element('p', [message, detail].filter(Boolean).join(' '), 'said');
    let explained;
    try {
      ({ explainAccess: explained } = await this.#ask(EXPLAIN, { type, action, rowId }));
    } catch (error) {
      return [heading, said, element('p', error.message)];
    }
    const parts = [heading, said, element('p', explained.summary, 'summary')];
    if (explained.nextStatuses?.length) {
      parts.push(element('p', `The status may become ${explained.nextStatuses.join(', ')}.`));
    }
    const table = element('table');
    table.append(...explained.checks.map(rowOf));
    parts.push(table, element('p', explained.rule, 'rule'));
    return parts;
  }
}
