// What the chart library is told to draw for a chart of the API.

import { fitted } from './labels.js';

const PALETTE = [
  '#c2413a',
  '#4a7dd6',
  '#2a9d6e',
  '#dc9a2f',
  '#8a5cd1',
  '#1c9db3',
  '#d9674f',
  '#7a8799',
  '#b0508f',
  '#6d8f2e',
];

const FONTS = 'system-ui, sans-serif';
const LABEL_SIZE = 12;
const LABEL_LINE = 14;

const isCurrency = (unit) => /^[A-Z]{3}$/.test(unit ?? '');
const asNumber = (value) => (value === null || value === undefined ? null : Number(value));

/** A figure for people, with its unit; `short` for axes. */
export function written(value, unit, { decimals, short = false } = {}) {
  const number = asNumber(value);
  if (number === null) return '–';
  const digits =
    decimals === undefined
      ? { maximumFractionDigits: short || Math.abs(number) >= 1000 ? 1 : 2 }
      : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const compact = short ? { notation: 'compact' } : {};
  if (isCurrency(unit)) {
    const money = { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol' };
    // All cents or none.
    const cents = short || decimals !== undefined ? digits : {};
    return new Intl.NumberFormat('en-US', { ...money, ...cents, ...compact }).format(number);
  }
  const text = new Intl.NumberFormat('en-US', { ...digits, ...compact }).format(number);
  return unit === 'percent' ? `${text}\u202f%` : text;
}

const DAY = { month: 'short', day: 'numeric' };
const FORMATS = {
  day: DAY,
  week: DAY,
  month: { month: 'short', year: '2-digit' },
  quarter: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' },
};

/** The labels as people read them: days where the chart goes over time. */
export function labelsOf({ labels, grain }) {
  if (!grain) return labels;
  const format = new Intl.DateTimeFormat('en-US', { ...FORMATS[grain], timeZone: 'UTC' });
  return labels.map((day) => format.format(new Date(`${day}T00:00:00Z`)));
}

const pointsOf = (series) => series.points.map(asNumber);

let pen;

/** How wide a text is as a label of an axis. */
function widthOf(text) {
  pen ??= document.createElement('canvas').getContext('2d');
  pen.font = `${LABEL_SIZE}px ${FONTS}`;
  return pen.measureText(text).width;
}

/**
 * The options for a chart, or null for one that is no drawing, or has nothing to draw.
 *
 * @param sizeOf says how wide and high the drawing is now
 */
export function optionsOf(chart, theme, sizeOf) {
  const { kind, options, unit, series } = chart;
  const colors = options.colors ?? PALETTE;
  const decimals = options.decimals;
  const format = (value) => written(value, unit, { decimals });
  const short = (value) => written(value, unit, { short: true });
  const labels = labelsOf(chart);
  const base = {
    color: colors,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONTS, color: theme.ink },
    animationDuration: 300,
    tooltip: {
      backgroundColor: theme.card,
      borderColor: theme.line,
      textStyle: { color: theme.ink },
      confine: true,
    },
  };
  const legend = (shown) =>
    shown && options.legend !== false
      ? {
          legend: {
            type: 'scroll',
            top: 0,
            icon: 'roundRect',
            itemWidth: 10,
            itemHeight: 10,
            textStyle: { color: theme.quiet },
            pageTextStyle: { color: theme.quiet },
          },
        }
      : {};
  if (kind === 'gauge')
    return chart.total === null ? null : gauge(base, chart, theme, format, colors);
  if (labels.length === 0 || series.length === 0) return null;
  const isShare = kind === 'pie' || kind === 'funnel';
  if (isShare && !pointsOf(series[0]).some((value) => value > 0)) return null;
  if (kind === 'pie') return pie(base, labels, pointsOf(series[0]), theme, format);
  if (kind === 'funnel') {
    const [only] = series;
    const points = pointsOf(only);
    return {
      ...base,
      tooltip: { ...base.tooltip, trigger: 'item', valueFormatter: format },
      series: [
        {
          type: 'funnel',
          sort: 'none',
          gap: 3,
          left: 8,
          right: 8,
          top: 6,
          bottom: 4,
          minSize: '14%',
          label: {
            position: 'inside',
            color: '#ffffff',
            textBorderColor: '#00000066',
            textBorderWidth: 2,
            formatter: ({ name, value }) => `${name}  ${format(value)}`,
          },
          itemStyle: { borderWidth: 0 },
          data: labels.map((name, index) => ({ name, value: points[index] ?? 0 })),
        },
      ],
    };
  }
  if (kind === 'heat_map') return heatMap(base, chart, labels, theme, format, colors);
  return cartesian({ base, chart, labels, theme, format, short, colors, legend, sizeOf });
}

/** A ring, with what its parts are around it; where that would be cut off, in a list at its side or below. */
function pie(base, labels, points, theme, format) {
  const values = labels.map((_label, index) => Math.max(0, points[index] ?? 0));
  const sum = values.reduce((all, value) => all + value, 0);
  const share = (value) =>
    `${new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 }).format((100 * value) / sum)}\u202f%`;
  const parts = labels.map((name, index) => ({ name, value: values[index] }));
  const shares = new Map(parts.map(({ name, value }) => [name, share(value)]));
  const legend = {
    show: true,
    type: 'scroll',
    icon: 'roundRect',
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 8,
    formatter: (name) => `{name|${name}} {share|${shares.get(name) ?? ''}}`,
    tooltip: { show: true, formatter: ({ name }) => `${name}  ${shares.get(name) ?? ''}` },
    pageIconColor: theme.quiet,
    pageIconInactiveColor: theme.line,
    pageTextStyle: { color: theme.quiet },
  };
  const written = (width) => ({
    color: theme.quiet,
    fontSize: 12,
    rich: { name: { width, overflow: 'truncate', ellipsis: '…' }, share: { align: 'right' } },
  });
  return {
    baseOption: {
      ...base,
      tooltip: { ...base.tooltip, trigger: 'item', valueFormatter: format },
      legend: { ...legend, show: false, data: labels },
      series: [
        {
          type: 'pie',
          radius: ['48%', '76%'],
          center: ['50%', '52%'],
          padAngle: 1.5,
          itemStyle: { borderRadius: 5 },
          label: {
            color: theme.quiet,
            formatter: ({ name, value }) => `${name}  ${share(value)}`,
            fontSize: 11,
            lineHeight: 15,
          },
          labelLine: { length: 8, length2: 6 },
          data: parts,
        },
      ],
    },
    media: [
      {
        query: { maxWidth: 480, minAspectRatio: 1.15 },
        option: {
          legend: {
            ...legend,
            orient: 'vertical',
            right: 0,
            top: 'middle',
            textStyle: written(82),
          },
          series: [
            {
              center: ['27%', '50%'],
              radius: ['36%', '58%'],
              label: { show: false },
              labelLine: { show: false },
            },
          ],
        },
      },
      {
        query: { maxWidth: 480, maxAspectRatio: 1.15 },
        option: {
          legend: { ...legend, orient: 'horizontal', left: 0, bottom: 0, textStyle: written(70) },
          series: [
            {
              center: ['50%', '44%'],
              radius: ['42%', '70%'],
              label: { show: false },
              labelLine: { show: false },
            },
          ],
        },
      },
      // What is said of narrow ones is taken back.
      {
        query: { minWidth: 481 },
        option: {
          legend: { show: false },
          series: [
            {
              center: ['50%', '52%'],
              radius: ['48%', '76%'],
              label: { show: true },
              labelLine: { show: true },
            },
          ],
        },
      },
    ],
  };
}

/** The room for each label at the side of flat bars: what they leave, and two lines where bars are far enough apart. */
const roomBeside = ({ width, height }, count) => ({
  width: Math.min(240, Math.max(96, 0.42 * width)),
  lines: (height - 40) / count >= 2 * LABEL_LINE + 2 ? 2 : 1,
});

/** The room for each label below bars: as much as its bars have. */
const roomBelow = ({ width }, count) => ({
  width: Math.max(74, (width - 60) / count - 8),
  lines: 2,
});

function cartesian({ base, chart, labels, theme, format, short, colors, legend, sizeOf }) {
  const { kind, options, series } = chart;
  const isLine = kind === 'line' || kind === 'area';
  const isFlat = options.horizontal === true;
  const categories = {
    type: 'category',
    data: labels,
    boundaryGap: !isLine,
    inverse: isFlat,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: {
      color: theme.quiet,
      hideOverlap: true,
      fontSize: LABEL_SIZE,
      lineHeight: LABEL_LINE,
      // Days may be left out, names may not.
      ...(chart.grain
        ? { interval: 'auto' }
        : {
            interval: 0,
            formatter: (label) =>
              fitted(label, (isFlat ? roomBeside : roomBelow)(sizeOf(), labels.length), widthOf),
          }),
    },
  };
  const values = {
    type: 'value',
    min: options.min,
    max: options.max,
    splitNumber: 4,
    axisLabel: { color: theme.quiet, formatter: short, hideOverlap: true },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
  const drawn = series.map((each, index) => ({
    name: each.name,
    type: isLine ? 'line' : 'bar',
    data: pointsOf(each),
    ...(kind === 'stacked_bar' ? { stack: 'all' } : {}),
    ...(isLine
      ? {
          smooth: options.smooth === true ? 0.35 : false,
          showSymbol: labels.length <= 14,
          symbolSize: 6,
          lineStyle: { width: 2.5 },
          connectNulls: true,
          ...(kind === 'area' ? { areaStyle: { opacity: 0.16 } } : {}),
        }
      : {
          barMaxWidth: 34,
          itemStyle: {
            borderRadius: kind === 'stacked_bar' ? 0 : isFlat ? [0, 4, 4, 0] : [4, 4, 0, 0],
          },
        }),
    color: colors[index % colors.length],
  }));
  // What it is compared with stays in the background.
  const before = series.flatMap((each, index) =>
    each.previousPoints && kind !== 'stacked_bar' && series.length <= 2
      ? [
          {
            name: series.length === 1 ? 'Before' : `${each.name}, before`,
            type: isLine ? 'line' : 'bar',
            data: each.previousPoints.map(asNumber),
            showSymbol: false,
            lineStyle: { width: 1.5, type: 'dashed' },
            barMaxWidth: 34,
            color: series.length === 1 ? theme.faint : `${colors[index % colors.length]}77`,
            itemStyle: { opacity: 0.55 },
            smooth: options.smooth === true ? 0.35 : false,
          },
        ]
      : [],
  );
  const several = drawn.length + before.length > 1;
  return {
    ...base,
    ...legend(several),
    grid: {
      left: 4,
      right: 22,
      top: several && options.legend !== false ? 34 : 14,
      bottom: 6,
      containLabel: true,
    },
    tooltip: {
      ...base.tooltip,
      trigger: 'axis',
      axisPointer: { type: isLine ? 'line' : 'shadow' },
      valueFormatter: format,
    },
    xAxis: isFlat ? values : categories,
    yAxis: isFlat ? categories : values,
    series: [...before, ...drawn],
  };
}

function heatMap(base, chart, labels, theme, format, colors) {
  const cells = chart.series.flatMap((each, row) =>
    pointsOf(each).map((value, column) => [column, row, value ?? 0]),
  );
  const axis = {
    type: 'category',
    splitArea: { show: false },
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: { color: theme.quiet },
  };
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      position: 'top',
      formatter: ({ value: [column, row, value] }) =>
        `${labels[column]}, ${chart.series[row].name}: ${format(value)}`,
    },
    grid: { left: 4, right: 8, top: 10, bottom: 2, containLabel: true },
    xAxis: { ...axis, data: labels },
    yAxis: { ...axis, data: chart.series.map((each) => each.name) },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(1, ...cells.map(([, , value]) => value)),
      inRange: { color: [theme.empty, colors[0]] },
    },
    series: [
      {
        type: 'heatmap',
        data: cells,
        label: {
          show: true,
          color: theme.ink,
          formatter: ({ value }) => (value[2] ? format(value[2]) : ''),
        },
        itemStyle: { borderColor: theme.card, borderWidth: 3, borderRadius: 6 },
      },
    ],
  };
}

function gauge(base, chart, theme, format, colors) {
  const { options } = chart;
  const min = options.min ?? 0;
  const max = options.max ?? Math.max(1, Number(chart.total) * 1.25, Number(options.target ?? 0));
  const marks =
    options.target === undefined
      ? []
      : [
          {
            type: 'gauge',
            ...{ min, max, startAngle: 205, endAngle: -25, radius: '96%', center: ['50%', '62%'] },
            axisLine: { show: false },
            axisTick: { show: false },
            splitLine: { show: false },
            axisLabel: { show: false },
            detail: { show: false },
            pointer: {
              icon: 'rect',
              width: 3,
              length: '20%',
              offsetCenter: [0, '-86%'],
              itemStyle: { color: theme.ink },
            },
            data: [{ value: options.target }],
            silent: true,
          },
        ];
  return {
    ...base,
    tooltip: { show: false },
    series: [
      {
        type: 'gauge',
        ...{ min, max, startAngle: 205, endAngle: -25, radius: '96%', center: ['50%', '62%'] },
        progress: { show: true, width: 14, roundCap: true, itemStyle: { color: colors[0] } },
        axisLine: { roundCap: true, lineStyle: { width: 14, color: [[1, theme.empty]] } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { show: false },
        pointer: { show: false },
        detail: {
          formatter: format,
          color: theme.ink,
          fontSize: 24,
          fontWeight: 650,
          offsetCenter: [0, '-4%'],
        },
        title: {
          show: options.target !== undefined,
          color: theme.quiet,
          fontSize: 12,
          offsetCenter: [0, '26%'],
        },
        data: [
          {
            value: Number(chart.total),
            name: options.target === undefined ? '' : `target ${format(options.target)}`,
          },
        ],
      },
      ...marks,
    ],
  };
}

/** The line of a figure over time, without axes. */
export function sparkOf(chart, theme) {
  const [only] = chart.series;
  if (!chart.grain || !only || chart.series.length > 1 || only.points.length < 3) return null;
  return {
    animation: false,
    backgroundColor: 'transparent',
    grid: { left: 2, right: 2, top: 6, bottom: 3 },
    xAxis: { type: 'category', show: false, data: chart.labels, boundaryGap: false },
    yAxis: { type: 'value', show: false, scale: true },
    series: [
      {
        type: 'line',
        data: pointsOf(only),
        showSymbol: false,
        connectNulls: true,
        lineStyle: { width: 2, color: PALETTE[0] },
        areaStyle: { color: PALETTE[0], opacity: 0.1 },
        silent: true,
      },
    ],
    textStyle: { color: theme.quiet },
  };
}

/** A chart in a sentence, for whoever hears it. */
export function summaryOf(chart) {
  const total = chart.total === null ? '' : ` In total ${written(chart.total, chart.unit)}.`;
  const labels = labelsOf(chart);
  const span =
    labels.length > 0 ? ` ${labels.length} values, from ${labels[0]} to ${labels.at(-1)}.` : '';
  return `${chart.title}.${total}${span}`;
}
