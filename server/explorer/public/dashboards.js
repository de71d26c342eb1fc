import * as echarts from 'echarts';
import { showInBar, wireBar } from './caller-bar.js';
import { labelsOf, optionsOf, sparkOf, summaryOf, written } from './chart-options.js';
import { Editor } from './editor.js';
import { Session } from './session.js';

const config = JSON.parse(document.getElementById('explorer-config').textContent);
const session = new Session(config.endpoint);
const $ = (id) => document.getElementById(id);

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// --- light and dark

const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** The colours of the page, for what is drawn. */
function themeOf() {
  const style = window.getComputedStyle(document.body);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    ink: value('--ink'),
    quiet: value('--quiet'),
    line: value('--line'),
    card: value('--card'),
    empty: dark.matches ? '#2d2933' : '#efeaf0',
    faint: dark.matches ? '#6d6674' : '#b9b2bf',
  };
}

function applyTheme() {
  document.body.dataset.theme = dark.matches ? 'dark' : 'light';
}

// --- what is shown

const LIST = `query Dashboards {
  dashboards(first: 100, orderBy: [NAME_ASC]) { nodes { rowId name description ownerId } }
  defaultDashboard { rowId }
}`;
const DATA = `query Dashboard($id: UUID!, $range: String, $breakpoint: String!) {
  dashboard(rowId: $id) {
    name
    description
    places(breakpoint: $breakpoint) { widgetId x y width height }
    dashboardAlerts(first: 20) { nodes { rowId name state lastValue comparison threshold } }
  }
  dashboardData(dashboardId: $id, timeRange: $range) {
    charts {
      widgetId title kind fromDay toDay grain previousFromDay unit labels total previousTotal changePercent options refusal
      series { name unit points previousPoints total }
    }
  }
}`;

const BREAKPOINTS = { sm: 4, md: 8, lg: 12 };
const breakpointOf = () =>
  window.innerWidth < 700 ? 'sm' : window.innerWidth < 1100 ? 'md' : 'lg';

/** What is on the page, so that it can be drawn again. */
let shown = null;
let drawings = [];
let asked = 0;
/** What whoever is signed in may do, and whether they are changing what is shown. */
let permissions = [];
let isEditing = false;

function say(text) {
  $('message').textContent = text;
}

function clear() {
  for (const drawing of drawings) drawing.dispose();
  drawings = [];
  $('widgets').replaceChildren();
  $('alerts').replaceChildren();
}

function draw(place, options) {
  const drawing = echarts.init(place, null, { renderer: 'svg' });
  drawing.setOption(options);
  drawings.push(drawing);
}

const daysOf = ({ fromDay, toDay }) => (fromDay === toDay ? fromDay : `${fromDay} – ${toDay}`);

function tableOf(chart) {
  const labels = labelsOf(chart);
  const head = element(
    'tr',
    {},
    element('td'),
    ...chart.series.map((each) => element('th', { scope: 'col', textContent: each.name })),
  );
  const rows = labels.map((label, index) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', textContent: label, title: label }),
      ...chart.series.map((each) =>
        element('td', {
          textContent: written(each.points[index], each.unit ?? chart.unit, chart.options),
        }),
      ),
    ),
  );
  const table = element(
    'table',
    {},
    element('caption', { className: 'unseen', textContent: summaryOf(chart) }),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
  const scroll = element('div', { className: 'scroll', tabIndex: 0 }, table);
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', `${chart.title}, as a table`);
  return scroll;
}

function figureOf(chart) {
  const value = element('p', { className: 'value' });
  if (chart.total !== null) value.textContent = written(chart.total, chart.unit, chart.options);
  else
    value.textContent =
      chart.series.map((each) => written(each.total, each.unit, chart.options)).join(' · ') || '–';
  const change = element('p', { className: 'change' });
  if (chart.previousTotal !== null) {
    const percent = chart.changePercent === null ? null : Number(chart.changePercent);
    if (percent !== null) {
      const arrow = percent > 0 ? '▲' : percent < 0 ? '▼' : '●';
      change.append(
        element('span', {
          className: percent > 0 ? 'up' : 'down',
          textContent: `${arrow} ${written(Math.abs(percent), 'percent', { decimals: 1 })}`,
        }),
        ' ',
      );
    }
    change.append(`before: ${written(chart.previousTotal, chart.unit, chart.options)}`);
  }
  const spark = element('div', { className: 'spark' });
  spark.setAttribute('aria-hidden', 'true');
  return {
    figure: element('div', { className: 'figure' }, element('div', {}, value, change), spark),
    spark,
  };
}

async function download(widgetId, title) {
  const token = await session.accessToken();
  const chart = shown.data.dashboardData.charts.find((each) => each.widgetId === widgetId);
  const days = `fromDay=${chart.fromDay}&toDay=${chart.toDay}`;
  const response = await fetch(`/export/widgets/${widgetId}.csv?${days}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  if (!response.ok) {
    say(`${title} cannot be downloaded: ${(await response.json()).errors[0].message}`);
    return;
  }
  const url = URL.createObjectURL(await response.blob());
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  element('a', { href: url, download: name ?? 'widget.csv' }).click();
  URL.revokeObjectURL(url);
}

/** One widget: its title, its drawing, and the same as a table. */
function show(chart, theme) {
  const title = element('h2', {
    id: `title-${chart.widgetId}`,
    textContent: chart.title,
    title: `${chart.title}, ${daysOf(chart)}`,
  });
  const head = element('header', {}, title);
  const section = element('section', { className: `widget widget-${chart.kind}` }, head);
  section.setAttribute('aria-labelledby', title.id);
  if (chart.refusal) {
    section.append(element('p', { className: 'none', textContent: chart.refusal.message }));
    section.dataset.refusal = chart.refusal.code;
    return { section, head, begin: () => undefined };
  }
  head.append(element('span', { className: 'days', textContent: daysOf(chart) }));
  let begin = () => undefined;
  let body;
  if (chart.kind === 'number') {
    const { figure, spark } = figureOf(chart);
    body = figure;
    const options = sparkOf(chart, theme);
    if (options) begin = () => draw(spark, options);
  } else if (chart.kind === 'table') {
    body =
      chart.labels.length > 0
        ? tableOf(chart)
        : element('p', { className: 'none', textContent: 'Nothing in these days.' });
  } else {
    const drawing = element('div', { className: 'drawing' });
    const options = optionsOf(chart, theme, () => ({
      width: drawing.clientWidth,
      height: drawing.clientHeight,
    }));
    if (options) {
      body = drawing;
      body.setAttribute('role', 'img');
      body.setAttribute('aria-label', summaryOf(chart));
      begin = () => draw(body, options);
    } else body = element('p', { className: 'none', textContent: 'Nothing in these days.' });
  }
  section.append(body);
  if (chart.labels.length > 0 && chart.kind !== 'table') {
    const table = tableOf(chart);
    table.hidden = true;
    const toggle = element('button', { type: 'button', textContent: 'Table' });
    toggle.setAttribute('aria-pressed', 'false');
    toggle.setAttribute('aria-label', `Table of ${chart.title}`);
    toggle.addEventListener('click', () => {
      table.hidden = !table.hidden;
      body.hidden = !table.hidden;
      body.style.display = body.hidden ? 'none' : '';
      // It may have another size by now; hidden ones have none.
      for (const drawing of drawings) drawing.resize();
      toggle.setAttribute('aria-pressed', String(!table.hidden));
    });
    head.append(toggle);
    section.append(table);
  }
  const file = element('button', { type: 'button', textContent: 'CSV' });
  file.setAttribute('aria-label', `${chart.title} as a CSV file`);
  file.addEventListener('click', () => void download(chart.widgetId, chart.title));
  head.append(file);
  return { section, head, begin };
}

function changeButton({ widgetId, title }) {
  const change = element('button', { type: 'button', textContent: 'Change' });
  change.setAttribute('aria-label', `Change ${title}`);
  change.addEventListener('click', () => void edit(widgetId));
  return change;
}

function render() {
  clear();
  $('editing').hidden = !shown || !permissions.includes('analytics.write');
  $('edit').setAttribute('aria-pressed', String(isEditing));
  $('add-widget').hidden = !isEditing;
  const name = shown?.data.dashboard.name ?? 'Dashboards';
  $('board-name').textContent = name;
  $('board-description').textContent = shown?.data.dashboard.description ?? '';
  document.title = `${name} – Callboard`;
  if (!shown) return;
  const { dashboard, dashboardData } = shown.data;
  $('alerts').append(
    ...dashboard.dashboardAlerts.nodes.map(({ name, state, lastValue, comparison, threshold }) =>
      element('li', {
        className: state,
        textContent: `${state === 'breached' ? '⚠ ' : ''}${name}: ${state}`,
        title: `${written(lastValue)}; alarm ${comparison.replace('_', ' ')} ${written(threshold)}`,
      }),
    ),
  );
  const grid = $('widgets');
  grid.style.setProperty('--columns', BREAKPOINTS[shown.breakpoint]);
  const places = new Map(dashboard.places.map((place) => [place.widgetId, place]));
  const charts = [...dashboardData.charts].sort((a, b) => {
    const [one, other] = [places.get(a.widgetId), places.get(b.widgetId)];
    return (one?.y ?? 0) - (other?.y ?? 0) || (one?.x ?? 0) - (other?.x ?? 0);
  });
  const theme = themeOf();
  for (const chart of charts) {
    const { section, head, begin } = show(chart, theme);
    if (isEditing) {
      for (const button of head.querySelectorAll('button')) button.remove();
      head.append(changeButton(chart));
    }
    const place = places.get(chart.widgetId);
    if (place) {
      section.style.gridColumn = `${place.x + 1} / span ${place.width}`;
      section.style.gridRow = `${place.y + 1} / span ${place.height}`;
    }
    grid.append(section);
    // It has to be on the page to have a size.
    begin();
  }
  say(charts.length === 0 ? 'There is nothing on this dashboard yet.' : '');
}

async function load() {
  const id = $('dashboard').value;
  if (!id) return;
  asked += 1;
  const mine = asked;
  const breakpoint = breakpointOf();
  const range = $('range').value || null;
  $('board').setAttribute('aria-busy', 'true');
  try {
    const data = await session.ask(DATA, { id, range, breakpoint });
    // Somebody has chosen something else meanwhile.
    if (mine !== asked) return;
    shown = { data, breakpoint, range };
    history.replaceState(null, '', `/dashboards?id=${id}`);
    render();
  } catch (error) {
    if (mine !== asked) return;
    shown = null;
    render();
    say(error.message);
  } finally {
    if (mine === asked) $('board').removeAttribute('aria-busy');
  }
}

async function edit(widgetId) {
  const { breakpoint } = shown;
  try {
    await editor.open({ dashboardId: $('dashboard').value, widgetId, breakpoint, permissions });
  } catch (error) {
    say(error.message);
  }
}

/** Takes everything away: what is still on its way was for somebody else, or for elsewhere. */
function empty() {
  asked += 1;
  shown = null;
  render();
  $('board').removeAttribute('aria-busy');
  $('dashboard').replaceChildren();
  $('dashboard').disabled = true;
}

async function list() {
  empty();
  const mine = asked;
  say('Loading…');
  try {
    const { dashboards, defaultDashboard } = await session.ask(LIST, {});
    if (mine !== asked) return;
    if (dashboards.nodes.length === 0) {
      say('There are no dashboards that you can see here.');
      return;
    }
    $('dashboard').append(
      ...dashboards.nodes.map(
        ({ rowId, name, ownerId }) => new Option(ownerId ? `${name} (own)` : name, rowId),
      ),
    );
    $('dashboard').disabled = false;
    const wanted = new URL(location.href).searchParams.get('id');
    const known = dashboards.nodes.some(({ rowId }) => rowId === wanted);
    $('dashboard').value = known ? wanted : (defaultDashboard?.rowId ?? dashboards.nodes[0].rowId);
    await load();
  } catch (error) {
    if (mine === asked) say(error.message);
  }
}

// --- who is signed in

async function showCaller() {
  let me;
  try {
    me = await session.me();
  } catch {
    say('The server does not answer.');
    return;
  }
  showInBar(me);
  permissions = me?.permissions ?? [];
  isEditing = false;
  if (me === null) {
    empty();
    say('Sign in to see dashboards.');
    return;
  }
  await list();
}

const editor = new Editor(session, load);
$('edit').addEventListener('click', () => {
  isEditing = !isEditing;
  render();
});
$('add-widget').addEventListener('click', () => void edit(null));
$('dashboard').addEventListener('change', () => void load());
$('range').addEventListener('change', () => void load());
const signIn = wireBar(session, showCaller);
dark.addEventListener('change', () => {
  applyTheme();
  render();
});
let resizing;
window.addEventListener('resize', () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => {
    if (shown && shown.breakpoint !== breakpointOf()) void load();
    else for (const drawing of drawings) drawing.resize();
  }, 120);
});

applyTheme();
if (config.demo) signIn.offerAccounts(config.demo);
$('dev-mail').hidden = !config.devMail;
await showCaller();
await signIn.offerProviders().catch(() => undefined);
if (!session.tokens) signIn.open();
