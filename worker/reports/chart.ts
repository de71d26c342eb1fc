/** A figure as Postgres writes it into JSON; null where there is none. */
export type Figure = number | null;

/** A series of `analytics.chart`. */
export type Series = {
  readonly name: string;
  readonly unit: string | null;
  readonly points: readonly Figure[];
  readonly previous_points: readonly Figure[] | null;
  readonly total: Figure;
  readonly previous_total: Figure;
};

/** An `analytics.chart` as JSON. */
export type Chart = {
  readonly title: string | null;
  readonly kind: string;
  readonly source_key: string;
  /** Days, `YYYY-MM-DD`. */
  readonly from_day: string;
  readonly to_day: string;
  /** Of charts over time: then labels are days. */
  readonly grain: string | null;
  readonly previous_from_day: string | null;
  readonly previous_to_day: string | null;
  readonly unit: string | null;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly total: Figure;
  readonly previous_total: Figure;
  readonly change: Figure;
  readonly change_percent: Figure;
  readonly refusal: { readonly code: string; readonly message: string } | null;
};

/** One figure in a line of its own, as it stands in a file. */
export type Line = readonly [
  chart: string,
  label: string,
  series: string,
  unit: string,
  value: Figure,
  previous: Figure,
];

export const LINE_COLUMNS = ['chart', 'label', 'series', 'unit', 'value', 'previous'] as const;

/** Whether a chart is its total. */
export const isFigure = ({ kind }: Chart): boolean => kind === 'number' || kind === 'gauge';

/** The figures of charts, one in a line; of those that are one figure it alone. */
export function* linesOf(charts: readonly Chart[]): Generator<Line> {
  for (const chart of charts) {
    const { title, labels, series, unit } = chart;
    if (isFigure(chart)) {
      const { total, previous_total: previous } = chart;
      const parts = total === null ? series : [{ name: '', unit, total, previous_total: previous }];
      for (const each of parts) {
        yield [title ?? '', '', each.name, each.unit ?? '', each.total, each.previous_total];
      }
      continue;
    }
    for (const each of series) {
      for (const [index, label] of labels.entries()) {
        yield [
          title ?? '',
          label,
          each.name,
          each.unit ?? unit ?? '',
          each.points[index] ?? null,
          each.previous_points?.[index] ?? null,
        ];
      }
    }
  }
}
