import {
  BarChart,
  type BarSeriesOption,
  HeatmapChart,
  type HeatmapSeriesOption,
  ScatterChart,
  type ScatterSeriesOption,
} from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  VisualMapComponent,
  type VisualMapComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, Markup } from './markup.js';

use([BarChart, HeatmapChart, ScatterChart, GridComponent, VisualMapComponent, SVGRenderer]);

export type ChartOption = ComposeOption<
  BarSeriesOption | HeatmapSeriesOption | ScatterSeriesOption | GridComponentOption | VisualMapComponentOption
>;

/** What is drawn: it has the width of a column of the page, and is legible on a phone too. */
export interface Drawing {
  /** In CSS pixels. */
  height: number;
  option: ChartOption;
}

export const CHART_WIDTH = 440;
export const FONT_SIZE = 13;

/** Colours by their use. A chart is drawn with stand-ins for them, which become the style sheet's variables. */
const USES = ['ink', 'muted', 'line', 'accent', 'contrast', 'heat-1', 'heat-2', 'heat-3', 'heat-4'] as const;
type Use = (typeof USES)[number];
const STAND_IN = '#fe01';

export function colorFor(use: Use): string {
  return STAND_IN + String(USES.indexOf(use)).padStart(2, '0');
}

/**
 * A chart as SVG, for light, dark and print alike.
 * @param id what the ids in it begin with
 * @param alternative says what the chart shows, for those who do not see it
 */
export function chartOf(
  id: string,
  { height, option }: Drawing,
  alternative: { title: string; description: string },
): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: CHART_WIDTH, height });
  chart.setOption({
    animation: false,
    textStyle: { fontSize: FONT_SIZE, color: colorFor('ink') },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const drawn = new Markup(withoutFrame(svg).replace(/<[^>]*>/g, plainTag));
  return html`<svg viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-description"><title id="${id}-title">${alternative.title}</title><desc id="${id}-description">${alternative.description}</desc>${drawn}</svg>`;
}

/** The drawing without its `svg` element, and without the style sheet for what moves. */
function withoutFrame(svg: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/^<svg[^>]*>|<\/svg>\s*$/g, '')
    .replaceAll('\n', '');
}

/**
 * A tag with the page's colours and font, and without the names that ECharts counts up from chart to chart. Texts from
 * outside are never in a tag: ECharts escapes them and puts them in between.
 */
function plainTag(tag: string): string {
  return tag
    .replace(/ (?:ecmeta_\w+|class|xml:space|pointer-events)="[^"]*"/g, '')
    .replace(/ style="font-size:(\d+)px;[^"]*"/, (_, size) =>
      Number(size) === FONT_SIZE ? '' : ` font-size="${size}"`,
    )
    .replace(/#fe01(\d\d)/g, (_, index) => `var(--${USES[Number(index)]})`);
}
