import { columnOf, grouped, isNumeric, shownField } from './columns.js';
import type { GoldTable, Row } from './gold-tables.js';
import { html, Markup } from './markup.js';

/** A page with more rows than that is no longer read, and hardly opened; the CSV has them all. */
const MOST_ROWS = 1000;
/** What a row is about, where that is not its first column. */
const SUBJECTS = ['title', 'genre'];

/** A dataset as a table, in a region that scrolls by mouse and keyboard. */
export function tableOf({ name, columns, rows }: GoldTable, title: string): Markup {
  const subject = columns.find((column) => SUBJECTS.includes(column)) ?? columns[0];
  const classOf = (column: string) =>
    column !== subject && isNumeric(columnOf(name, column)) ? NUMERIC : '';
  const heads = columns.map((column) => {
    const known = columnOf(name, column);
    return html`<th scope="col"${classOf(column)}>${known.label}</th>`;
  });
  const cells = columns.map((column, index) => {
    const known = columnOf(name, column);
    const numeric = classOf(column);
    return ({ fields }: Row) => {
      const text = shownField(known, fields[index] ?? '');
      if (column === subject) return html`<th scope="row">${text}</th>`;
      return html`<td${numeric}>${text}</td>`;
    };
  });
  const shown = rows.slice(0, MOST_ROWS);
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${name}-caption">
<table>
<caption id="${name}-caption">${title}: ${countOf(shown.length, rows.length)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${shown.map((row) => html`<tr>${cells.map((cell) => cell(row))}</tr>\n`)}</tbody>
</table>
</div>`;
}

const NUMERIC = new Markup(' class="n"');

function countOf(shown: number, all: number): string {
  if (shown < all) return `the first ${grouped(shown)} of ${grouped(all)} rows`;
  return all === 1 ? '1 row' : `${grouped(all)} rows`;
}

/** A link that saves the dataset's bytes as they are in the store. */
export function downloadOf({ name, csv }: GoldTable, date: string): Markup {
  const href = `data:text/csv;charset=utf-8;base64,${csv.toString('base64')}`;
  return html`<p class="download"><a href="${new Markup(href)}" download="${name}-${date}.csv">Download ${name}.csv</a> <span>${grouped(csv.length)} bytes</span></p>`;
}
