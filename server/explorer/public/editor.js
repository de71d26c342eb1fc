// Changes the widgets of a dashboard: one at a time, saved at once.

import { makeRoom } from './places.js';

const COLUMNS = { sm: 4, md: 8, lg: 12 };
const KINDS = {
  number: 'a number',
  line: 'lines',
  area: 'areas',
  bar: 'bars',
  stacked_bar: 'bars upon each other',
  pie: 'a ring',
  table: 'a table',
  funnel: 'a funnel',
  gauge: 'a gauge',
  heat_map: 'a heat map',
};

const SOURCES = `query Sources {
  dataSources(first: 200) { nodes { key title description kinds parameters permission position } }
  metricDefinitions(first: 200) { nodes { key title position } }
}`;
const SAVED = `query Saved($id: UUID!, $breakpoint: String!) {
  dashboard(rowId: $id) {
    name description timeRange comparison workspaceId updatedAt
    places(breakpoint: $breakpoint) { widgetId x y width height }
    dashboardWidgets(first: 100) {
      nodes { rowId title description kind sourceKey parameters timeRange grain comparison options position }
    }
  }
}`;
const SAVE = `mutation Save($input: SaveDashboardInput!) { saveDashboard(input: $input) { dashboard { rowId } } }`;

/** What is sent of a widget: all that there is of it, because the rest would be lost. */
const GIVEN = [
  ...['rowId', 'title', 'description', 'kind', 'sourceKey', 'parameters'],
  ...['timeRange', 'grain', 'comparison', 'options'],
];

const $ = (id) => document.getElementById(id);
const inOrder = (nodes) => [...nodes].sort((one, other) => one.position - other.position);

/** The words of a key: Project Id of projectId. */
const wordsOf = (key) => {
  const words = key.replace(/([A-Z])/g, ' $1').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export class Editor {
  #session;
  #onSaved;
  #sources = [];
  #metrics = [];
  #permissions = [];
  #breakpoint = 'lg';
  #dashboardId = '';
  #dashboard = null;
  /** The widget that is edited; without an id a new one. */
  #widget = null;
  #form = $('editor-form');

  constructor(session, onSaved) {
    this.#session = session;
    this.#onSaved = onSaved;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#form.elements.sourceKey.addEventListener('change', ({ target }) =>
      this.#showSource(target.form.elements.kind.value),
    );
    $('editor-cancel').addEventListener('click', () => $('editor').close());
    $('editor-remove').addEventListener('click', () => void this.#remove());
  }

  /**
   * Opens a widget, or a new one.
   *
   * @param permissions of whoever is signed in: only what they may see is offered
   */
  async open({ dashboardId, widgetId, breakpoint, permissions }) {
    const [{ dataSources, metricDefinitions }, { dashboard }] = await Promise.all([
      this.#session.ask(SOURCES, {}),
      this.#session.ask(SAVED, { id: dashboardId, breakpoint }),
    ]);
    if (!dashboard) throw new Error('There is no such dashboard any more.');
    this.#permissions = permissions;
    this.#sources = inOrder(dataSources.nodes);
    this.#metrics = inOrder(metricDefinitions.nodes);
    this.#dashboardId = dashboardId;
    this.#dashboard = dashboard;
    this.#breakpoint = breakpoint;
    const known = dashboard.dashboardWidgets.nodes.find(({ rowId }) => rowId === widgetId);
    if (widgetId && !known) throw new Error('There is no such widget any more.');
    this.#widget = known ?? { title: '', kind: 'line', sourceKey: null, parameters: {} };
    this.#show();
    $('editor').showModal();
  }

  #show() {
    const { elements } = this.#form;
    const widget = this.#widget;
    this.#forgive();
    $('editor-title').textContent = widget.rowId ? 'Change a widget' : 'Add a widget';
    $('editor-remove').hidden = !widget.rowId;
    elements.title.value = widget.title;
    const offered = this.#sources.filter(
      ({ key, permission }) => key === widget.sourceKey || this.#permissions.includes(permission),
    );
    elements.sourceKey.replaceChildren(...offered.map(({ key, title }) => new Option(title, key)));
    elements.sourceKey.value = widget.sourceKey ?? offered[0]?.key ?? '';
    const places = this.#dashboard.places;
    const below = Math.max(0, ...places.map(({ y, height }) => y + height));
    const width = Math.min(6, COLUMNS[this.#breakpoint]);
    const place = places.find(({ widgetId }) => widgetId === widget.rowId) ?? {
      ...{ x: 0, y: below, width, height: 4 },
    };
    elements.x.value = place.x + 1;
    elements.y.value = place.y + 1;
    elements.width.value = place.width;
    elements.height.value = place.height;
    elements.x.max = elements.width.max = COLUMNS[this.#breakpoint];
    this.#showSource(widget.kind);
  }

  get #source() {
    return this.#sources.find(({ key }) => key === this.#form.elements.sourceKey.value);
  }

  /** What the source can be drawn as, the way that is wanted if it can, and what it takes. */
  #showSource(wanted) {
    const { kind } = this.#form.elements;
    const source = this.#source;
    const kinds = source?.kinds ?? [];
    kind.replaceChildren(...kinds.map((each) => new Option(KINDS[each] ?? each, each)));
    kind.value = kinds.includes(wanted) ? wanted : (kinds[0] ?? '');
    $('editor-about').textContent = source?.description ?? '';
    const { properties = {}, required = [] } = source?.parameters ?? {};
    const keys = [...new Set([...required, ...Object.keys(properties)])];
    $('editor-parameters').replaceChildren(
      ...keys.flatMap((key) => {
        const schema = properties[key];
        const input = this.#inputFor(key, schema, required.includes(key));
        if (!input) return [];
        const label = document.createElement('label');
        label.dataset.field = `parameters.${key}`;
        label.append(`${wordsOf(key)} `, input);
        if (schema.description) label.title = schema.description;
        return [label];
      }),
    );
  }

  /** What a parameter is chosen with; nothing for what is no single value, which stays as it is. */
  #inputFor(key, schema, isRequired) {
    const known =
      this.#widget.sourceKey === this.#source?.key ? this.#widget.parameters[key] : undefined;
    const value = known ?? schema.default;
    const choices =
      this.#source?.key === 'analytics.metric' && key === 'metric'
        ? this.#metrics.map((metric) => [metric.title, metric.key])
        : schema.enum?.map((each) => [wordsOf(String(each)), each]);
    let input;
    if (choices) {
      input = document.createElement('select');
      if (!isRequired) input.append(new Option('–', ''));
      input.append(...choices.map(([text, each]) => new Option(text, each)));
      input.value = value ?? (isRequired ? choices[0]?.[1] : '');
    } else if (['boolean', 'integer', 'number', 'string'].includes(schema.type)) {
      input = document.createElement('input');
      if (schema.type === 'boolean') {
        input.type = 'checkbox';
        input.checked = value === true;
      } else {
        input.type = schema.type === 'string' ? 'text' : 'number';
        input.value = value ?? '';
      }
    } else return null;
    input.name = `parameter-${key}`;
    // A label around a list would be read with all that can be chosen.
    input.setAttribute('aria-label', wordsOf(key));
    input.dataset.type = schema.type;
    return input;
  }

  #parameters() {
    const kept = this.#widget.sourceKey === this.#source?.key ? { ...this.#widget.parameters } : {};
    for (const input of $('editor-parameters').querySelectorAll('input, select')) {
      const key = input.name.slice('parameter-'.length);
      const { type } = input.dataset;
      if (type === 'boolean') kept[key] = input.checked;
      else if (input.value === '') delete kept[key];
      else kept[key] = type === 'integer' || type === 'number' ? Number(input.value) : input.value;
    }
    return kept;
  }

  async #save() {
    const { title, kind, x, y, width, height } = this.#form.elements;
    const place = {
      x: Number(x.value) - 1,
      y: Number(y.value) - 1,
      width: Number(width.value),
      height: Number(height.value),
    };
    const edited = {
      ...this.#widget,
      title: title.value,
      kind: kind.value,
      sourceKey: this.#source?.key ?? null,
      parameters: this.#parameters(),
    };
    const widgets = inOrder(this.#dashboard.dashboardWidgets.nodes).map((each) =>
      each.rowId === edited.rowId ? edited : each,
    );
    if (!edited.rowId) widgets.push(edited);
    const others = this.#dashboard.places.filter(({ widgetId }) => widgetId !== edited.rowId);
    await this.#send(widgets, makeRoom(others, { ...place, widgetId: edited.rowId }), edited);
  }

  async #remove() {
    const isOther = ({ rowId, widgetId }) => (rowId ?? widgetId) !== this.#widget.rowId;
    const widgets = inOrder(this.#dashboard.dashboardWidgets.nodes).filter(isOther);
    await this.#send(widgets, this.#dashboard.places.filter(isOther), null);
  }

  /** Saves all widgets, since what is left out of them would be gone. */
  async #send(widgets, places, edited) {
    this.#forgive();
    const { name, description, timeRange, comparison, workspaceId, updatedAt } = this.#dashboard;
    const input = {
      dashboard: {
        ...{ rowId: this.#dashboardId, expectedUpdatedAt: updatedAt },
        ...{ name, description, timeRange, comparison, workspaceId },
      },
      widgets: widgets.map((widget) => {
        const place = places.find(({ widgetId }) => widgetId === widget.rowId);
        const { x, y, width, height } = place ?? {};
        return {
          ...Object.fromEntries(GIVEN.map((key) => [key, widget[key]])),
          places: place ? [{ breakpoint: this.#breakpoint, x, y, width, height }] : null,
        };
      }),
    };
    try {
      await this.#session.ask(SAVE, { input });
    } catch (error) {
      this.#explain(error, widgets.indexOf(edited));
      return;
    }
    $('editor').close();
    await this.#onSaved();
  }

  /** Says what is wrong where it is wrong. */
  #explain({ message, field }, index) {
    $('editor-error').textContent = message;
    const path = (field ?? '').replace(`widgets.${index}.`, '').replace(/^widgets\./, '');
    for (const part of this.#form.querySelectorAll('[data-field]')) {
      const isWrong = path === part.dataset.field;
      part.classList.toggle('wrong', isWrong);
      if (!isWrong) continue;
      for (const input of part.querySelectorAll('input, select')) {
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', 'editor-error');
      }
      part.querySelector('input, select')?.focus();
    }
  }

  #forgive() {
    $('editor-error').textContent = '';
    for (const part of this.#form.querySelectorAll('.wrong')) part.classList.remove('wrong');
    for (const input of this.#form.querySelectorAll('[aria-invalid]')) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-describedby');
    }
  }
}
