import { CHART_WIDTH, colorFor, type Drawing, FONT_SIZE } from './chart.js';
import { shownText } from './markup.js';

const BAR_ROW = 21;
const NAME_WIDTH = 150;
/** ECharts measures by the widths of Arial; of the fonts that a page is shown in, the widest are a sixth wider. */
const MEASURED_NAME_WIDTH = 128;
const SMALL = 11;

/** A named number; the label is what stands at its bar. */
export interface Bar {
  name: string;
  value: number;
  label: string;
}

/** Horizontal bars, the first on top. Those below zero go to the left, in another colour. */
export function bars(items: readonly Bar[]): Drawing {
  // Names keep clear of the numbers at bars that reach to the left.
  const apart = items.some(({ value }) => value < 0) ? 36 : 8;
  return {
    height: items.length * BAR_ROW + 8,
    option: {
      grid: { left: NAME_WIDTH + apart, right: 92, top: 4, bottom: 4, outerBoundsMode: 'none' },
      xAxis: { type: 'value', show: false, min: lowest, max: 'dataMax' },
      yAxis: {
        type: 'category',
        inverse: true,
        data: items.map(({ name }) => shownText(name)),
        ...NO_TICKS,
        axisLabel: { ...NAME_LABEL, margin: apart },
      },
      series: [
        {
          type: 'bar',
          barWidth: 13,
          silent: true,
          data: items.map(({ value, label }) => ({
            value,
            itemStyle: { color: colorFor(value < 0 ? 'contrast' : 'accent') },
            label: { ...LABEL, position: value < 0 ? 'left' : 'right', formatter: () => label },
          })),
        },
      ],
    },
  };
}

/** Years or decades with a number each; a gap stays a gap. */
export interface Moment {
  year: number;
  value: number;
}

/**
 * Columns along the years.
 * @param step years from one column to the next
 * @param labelOf what the axis says of a number; where columns are few, they say it themselves
 */
export function columns(
  moments: readonly Moment[],
  { step, labelOf }: { step: number; labelOf: (value: number) => string },
): Drawing {
  const years = moments.map(({ year }) => year);
  const [first, last] = [Math.min(...years), Math.max(...years)];
  const places = (last - first) / step + 1;
  const isWide = places <= FEW_COLUMNS;
  const left = isWide ? 8 : 56;
  const barWidth = Math.max(1, Math.min(44, (0.78 * (CHART_WIDTH - left - 8)) / (places + 1)));
  return {
    height: 240,
    option: {
      grid: { left, right: 8, top: 22, bottom: 26, outerBoundsMode: 'none' },
      xAxis: {
        type: 'value',
        min: first - step,
        max: last + step,
        ...(isWide ? { interval: step } : { minInterval: 1 }),
        axisLine: { show: true, onZero: false, lineStyle: { color: colorFor('line') } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
          ...AXIS_LABEL,
          ...(isWide ? { fontSize: SMALL } : {}),
          showMinLabel: false,
          showMaxLabel: false,
          formatter: String,
        },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        splitNumber: 4,
        ...NO_TICKS,
        splitLine: { show: !isWide, lineStyle: { color: colorFor('line') } },
        axisLabel: { ...AXIS_LABEL, show: !isWide, formatter: labelOf },
      },
      series: [
        {
          type: 'bar',
          barWidth,
          silent: true,
          itemStyle: { color: colorFor('accent') },
          label: {
            ...LABEL,
            show: isWide,
            position: 'top',
            formatter: ({ dataIndex }) => labelOf(moments[dataIndex]?.value ?? 0),
          },
          data: moments.map(({ year, value }) => [year, value]),
        },
      ],
    },
  };
}

const FEW_COLUMNS = 14;

/** How many of each name there are in each column: the more, the darker (on a dark page, the brighter). */
export function heat(
  columnNames: readonly string[],
  rowNames: readonly string[],
  counts: readonly (readonly [column: number, row: number, count: number])[],
): Drawing {
  const most = Math.max(...counts.map(([, , count]) => count));
  return {
    height: rowNames.length * BAR_ROW + 26,
    option: {
      grid: { left: 84, right: 4, top: 22, bottom: 4, outerBoundsMode: 'none' },
      xAxis: {
        type: 'category',
        position: 'top',
        data: [...columnNames],
        ...NO_TICKS,
        axisLabel: { ...AXIS_LABEL, fontSize: SMALL, interval: 0 },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rowNames.map(shownText),
        ...NO_TICKS,
        axisLabel: { ...NAME_LABEL, width: 64 },
      },
      visualMap: { type: 'piecewise', show: false, dimension: 2, pieces: heatPieces(most) },
      series: [
        {
          type: 'heatmap',
          silent: true,
          label: { ...LABEL, fontSize: SMALL },
          data: counts.map((count) => [...count]),
        },
      ],
    },
  };
}

/** Four steps; the square root leaves the few and the many apart where one genre has nearly all. */
function heatPieces(most: number) {
  const share = [0, 0.25, 0.5, 0.75, 1].map((part) => part ** 2 * most);
  const colors = (['heat-1', 'heat-2', 'heat-3', 'heat-4'] as const).map(colorFor);
  return colors.map((color, step) => ({ gt: share[step] ?? 0, lte: share[step + 1] ?? most, color }));
}

/** Two numbers of each thing. */
export function dots(points: readonly (readonly [x: number, y: number])[]): Drawing {
  return {
    height: 240,
    option: {
      grid: { left: 34, right: 12, top: 12, bottom: 26, outerBoundsMode: 'none' },
      xAxis: {
        type: 'value',
        min: ({ min }) => min - 2,
        max: ({ max }) => max + 2,
        minInterval: 1,
        axisLine: { show: true, onZero: false, lineStyle: { color: colorFor('line') } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { ...AXIS_LABEL, showMinLabel: false, showMaxLabel: false, formatter: String },
      },
      yAxis: {
        type: 'value',
        scale: true,
        splitNumber: 3,
        minInterval: 0.5,
        ...NO_TICKS,
        splitLine: { lineStyle: { color: colorFor('line') } },
        axisLabel: { ...AXIS_LABEL, formatter: (value: number) => value.toFixed(1) },
      },
      series: [
        {
          type: 'scatter',
          silent: true,
          symbolSize: 6,
          itemStyle: { color: colorFor('accent'), opacity: 0.55 },
          data: points.map((point) => [...point]),
        },
      ],
    },
  };
}

const NO_TICKS = { axisLine: { show: false, onZero: false }, axisTick: { show: false } } as const;
const AXIS_LABEL = { color: colorFor('muted'), fontSize: FONT_SIZE } as const;
const LABEL = { show: true, color: colorFor('ink'), fontSize: FONT_SIZE, distance: 5 } as const;

const NAME_LABEL = {
  color: colorFor('ink'),
  fontSize: FONT_SIZE,
  interval: 0,
  width: MEASURED_NAME_WIDTH,
  overflow: 'truncate',
  ellipsis: '…',
} as const;

function lowest({ min }: { min: number }): number {
  return Math.min(0, min);
}
