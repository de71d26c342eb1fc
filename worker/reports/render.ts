import { stringify } from 'csv-stringify/sync';
import { guarded } from '../../server/export/guard.ts';
import { ACCENT, escapeHtml, FAINT, onOneLine, pageOf, type RenderedMail } from '../mail/render.ts';
import type { Attachment } from '../mail/delivery.ts';
import { isFigure, linesOf, LINE_COLUMNS, type Chart, type Figure } from './chart.ts';

/** What a mail with a report is made of. */
export type Report = {
  readonly name: string;
  readonly organization: string;
  readonly recipient: string;
  readonly format: 'html' | 'csv' | 'html_csv';
  /** The day that it is about, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly charts: readonly Chart[];
  /** Charts that the recipient may not see. */
  readonly hidden: number;
  /** Where it can be looked at. */
  readonly url: string;
};

/** Rows of a chart that a mail shows; the file has all. */
const ROWS = 40;
const SERIES = 6;

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

const isCurrency = (unit: string | null) => /^[A-Z]{3}$/.test(unit ?? '');

/** A figure for people, with its unit. */
export function written(value: Figure, unit: string | null): string {
  if (value === null) return '–';
  if (isCurrency(unit)) {
    return new Intl.NumberFormat('en-US', { style: 'currency', currency: unit ?? 'USD' }).format(
      value,
    );
  }
  return unit === 'percent' ? `${number.format(value)} %` : number.format(value);
}

/** How a figure stands against the one before, such as `+12.5 % against 80`. */
function comparison({ previous_total: previous, change_percent: percent, unit }: Chart): string {
  if (previous === null) return '';
  const change =
    percent === null ? '' : `${percent > 0 ? '+' : ''}${number.format(percent)} % against `;
  return `${change || 'before: '}${written(previous, unit)}`;
}

const cell = (text: string, style = '') =>
  `<td style="padding:5px 8px;border-top:1px solid #e4e2e6;vertical-align:top;${style}">${escapeHtml(onOneLine(text))}</td>`;

const head = (text: string, style = '') =>
  `<th scope="col" style="padding:5px 8px;text-align:left;font-weight:600;color:${FAINT};${style}">${escapeHtml(onOneLine(text))}</th>`;

/** A bar that every mail program draws: a cell with a background, as wide as its share. */
function bar(value: Figure, largest: number): string {
  const share =
    value === null || largest <= 0 ? 0 : Math.round((100 * Math.max(0, value)) / largest);
  const drawn =
    share > 0
      ? `<table role="presentation" width="${share}%" style="width:${share}%;border-collapse:collapse"><tr><td style="height:12px;line-height:12px;font-size:1px;background:${ACCENT};border-radius:2px">&nbsp;</td></tr></table>`
      : '&nbsp;';
  return `<td aria-hidden="true" width="40%" style="width:40%;padding:8px 8px 5px;border-top:1px solid #e4e2e6">${drawn}</td>`;
}

function tableOf(chart: Chart): string {
  const series = chart.series.slice(0, SERIES);
  const [only] = series;
  const alone = series.length === 1 ? only : undefined;
  const largest = Math.max(0, ...(alone?.points ?? []).map((value) => value ?? 0));
  const rows = chart.labels.slice(0, ROWS).map((label, index) => {
    const figures = series.map((each) =>
      cell(
        written(each.points[index] ?? null, each.unit ?? chart.unit),
        'text-align:right;white-space:nowrap',
      ),
    );
    return `<tr>${cell(label)}${figures.join('')}${alone ? bar(alone.points[index] ?? null, largest) : ''}</tr>`;
  });
  const left = chart.labels.length - ROWS;
  const others = chart.series.length - SERIES;
  const rest = [
    ...(left > 0 ? [`${left} more rows`] : []),
    ...(others > 0 ? [`${others} more series`] : []),
  ];
  return `<table style="width:100%;border-collapse:collapse;font-size:14px">
<thead><tr>${head('')}${series.map((each) => head(each.name, 'text-align:right')).join('')}${alone ? head('') : ''}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>${rest.length > 0 ? `\n<p style="margin:6px 8px;font-size:13px;color:${FAINT}">${rest.join(', ')}.</p>` : ''}`;
}

const daysOf = ({ from_day: from, to_day: to }: Chart) => (from === to ? from : `${from} to ${to}`);

function htmlOf(chart: Chart): string {
  const total =
    chart.total === null
      ? ''
      : `<p style="margin:0;font-size:${isFigure(chart) ? 30 : 18}px;font-weight:600">${escapeHtml(written(chart.total, chart.unit))}
<span style="font-size:13px;font-weight:400;color:${FAINT}">${escapeHtml(comparison(chart))}</span></p>`;
  const table =
    chart.labels.length === 0 || (isFigure(chart) && chart.series.length <= 1)
      ? ''
      : tableOf(chart);
  const none =
    chart.total === null && chart.labels.length === 0
      ? `<p style="margin:0;color:${FAINT}">Nothing in these days.</p>`
      : '';
  return `<section style="margin:0 0 28px">
<h2 style="margin:0 0 2px;font-size:16px">${escapeHtml(onOneLine(chart.title ?? ''))}</h2>
<p style="margin:0 0 8px;font-size:13px;color:${FAINT}">${escapeHtml(daysOf(chart))}</p>
${total}${none}${table}
</section>`;
}

function textOf(chart: Chart): string {
  const title = `${onOneLine(chart.title ?? '')} (${daysOf(chart)})`;
  const total =
    chart.total === null
      ? []
      : [`${written(chart.total, chart.unit)}  ${comparison(chart)}`.trim()];
  const rows = isFigure(chart)
    ? []
    : chart.labels.slice(0, ROWS).map(
        (label, index) =>
          `  ${onOneLine(label)}: ${chart.series
            .slice(0, SERIES)
            .map(
              (each) =>
                `${chart.series.length > 1 ? `${onOneLine(each.name)} ` : ''}${written(each.points[index] ?? null, each.unit ?? chart.unit)}`,
            )
            .join(', ')}`,
      );
  return [title, ...total, ...rows].join('\n');
}

/** The figures as a file. */
function csvOf(charts: readonly Chart[]): string {
  const lines = [...linesOf(charts)].map(([chart, label, series, unit, value, previous]) => [
    guarded(chart),
    guarded(label),
    guarded(series),
    guarded(unit),
    value,
    previous,
  ]);
  return stringify([[...LINE_COLUMNS], ...lines], { record_delimiter: 'windows' });
}

/** The name of a file, made of a title. */
export const fileNameOf = (title: string): string =>
  title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 80) || 'report';

/** Makes the mail of a report: tables and bars that need no pictures, and the figures as a file. */
export function renderReport(
  report: Report,
): RenderedMail & { readonly attachments: readonly Attachment[] } {
  const { name, organization, recipient, format, asOf, charts, hidden, url } = report;
  const title = onOneLine(`${name}, ${asOf}`);
  const inMail = format !== 'csv';
  const greeting = `Hello ${onOneLine(recipient)}, this is “${onOneLine(name)}” of ${onOneLine(organization)}.`;
  const notes = [
    ...(inMail ? [] : ['The figures are in the file.']),
    ...(hidden > 0 ? [`Parts that you may not see are left out: ${hidden}.`] : []),
  ];
  const attachments: Attachment[] =
    format === 'html'
      ? []
      : [
          {
            filename: `${fileNameOf(name)}-${asOf}.csv`,
            contentType: 'text/csv; charset=utf-8',
            content: csvOf(charts),
          },
        ];
  return {
    subject: title,
    text: `${[greeting, ...(inMail ? charts.map(textOf) : []), ...notes, `To look at it: ${url}`].join('\n\n')}\n\n-- \nCallboard\n`,
    html: pageOf(
      title,
      `<p style="margin:0 0 24px">${escapeHtml(greeting)}</p>
${inMail ? charts.map(htmlOf).join('\n') : ''}
${notes.map((note) => `<p style="margin:0 0 12px;font-size:13px;color:${FAINT}">${escapeHtml(note)}</p>`).join('\n')}
<p style="margin:24px 0 0"><a href="${escapeHtml(url)}" style="color:${ACCENT}">Look at it in Callboard</a></p>`,
      720,
    ),
    attachments,
  };
}
