import { sha256 } from '../../records/digest.js';
import type { SilverLineage } from '../../records/markers.js';
import { chartOf } from './chart.js';
import { columnOf, grouped, sentenceCase, shownField } from './columns.js';
import type { Gold, GoldTable } from './gold-tables.js';
import { html, Markup } from './markup.js';
import { type Section, sections } from './sections.js';
import { style } from './style.js';
import { downloadOf, tableOf } from './table.js';

const SUMMARY = 'summary';

/** The whole page. It loads nothing and runs nothing, and its policy says so to the browser. */
export function pageOf(gold: Gold, silver: SilverLineage | undefined): string {
  const { date } = gold;
  const parts = partsOf(gold);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(style)}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>Movie report ${date}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>Movie report <time datetime="${date}">${date}</time></h1>
<p class="facts">${origin(gold, silver)}</p>
<nav aria-label="Sections"><ul>
<li><a href="#${SUMMARY}">At a glance</a></li>
${parts.map(({ table, title }) => html`<li><a href="#${table.name}">${title}</a></li>\n`)}</ul></nav>
</header>
<main id="main">
${figuresOf(gold)}
${parts.map((part) => sectionOf(part, gold))}
</main>
<footer><p>– is no value. A movie counts once per genre, country, language and person; averages and sums leave out what is not known. Ratings and votes are IMDb’s, the rest is from OMDb and the list.</p>
<p>Silver’s sha256: <code>${gold.lineage.silver.sha256}</code></p></footer>
</body>
</html>
`;
  return page.html;
}

interface PagePart {
  title: string;
  table: GoldTable;
  section?: Section;
}

/** The sections, and every dataset that has none of its own. */
function partsOf({ tables }: Gold): PagePart[] {
  const rest = new Map(tables);
  rest.delete(SUMMARY);
  const pictured = sections.flatMap((section): PagePart[] => {
    const table = rest.get(section.dataset);
    rest.delete(section.dataset);
    return table ? [{ title: section.title, table, section }] : [];
  });
  const others = [...rest.values()].map((table) => ({
    title: sentenceCase(table.name.replaceAll('_', ' ')),
    table,
  }));
  return [...pictured, ...others];
}

function sectionOf({ title, table, section }: PagePart, { date, lineage }: Gold): Markup {
  const { name } = table;
  const picture = section?.picture(table, lineage.previous?.date);
  const drawing = picture?.drawing;
  const texts = { title: picture?.kind ?? '', description: picture?.facts ?? '' };
  const chart = drawing
    ? html`<figure>${chartOf(`${name}-chart`, drawing, texts)}<figcaption>${texts.title}</figcaption></figure>\n`
    : '';
  return html`<section id="${name}">
<h2>${title}</h2>
<p>${picture?.facts ?? ''}</p>
<div class="parts${drawing && drawing.height <= 260 ? ' short' : ''}">
${chart}<div class="data">
${tableOf(table, title)}
${downloadOf(table, date)}
</div>
</div>
</section>
`;
}

/** The summary: each of its columns as a figure, and as the table that it is. */
function figuresOf({ date, tables }: Gold): Markup {
  const table = tables.get(SUMMARY);
  const row = table?.rows[0];
  if (!table || !row) return html``;
  const figures = table.columns.map((name) => {
    const column = columnOf(SUMMARY, name);
    return html`<div><dt>${column.label}</dt><dd>${shownField(column, row.text(name))}</dd></div>\n`;
  });
  return html`<section id="${SUMMARY}">
<h2>At a glance</h2>
<dl class="figures">
${figures}</dl>
<details>
<summary>As a table</summary>
${tableOf(table, 'At a glance')}
</details>
${downloadOf(table, date)}
</section>`;
}

/** What the page was made of. */
function origin({ lineage }: Gold, silver: SilverLineage | undefined): string {
  const { rows } = lineage.silver;
  const facts = [`${grouped(rows)} ${rows === 1 ? 'movie' : 'movies'}`];
  facts.push(lineage.previous ? `compared with ${lineage.previous.date}` : 'no earlier date to compare with');
  if (silver) {
    const { enriched, not_found, failed } = silver.statuses;
    facts.push(
      `OMDb: ${grouped(enriched)} enriched, ${grouped(not_found)} not found, ${grouped(failed)} failed`,
    );
    facts.push(`${grouped(silver.silver.quarantined)} quarantined`, `run ${silver.runId}`);
  }
  return facts.join(' · ');
}

/** A source of the Content Security Policy (https://www.w3.org/TR/CSP3/#grammardef-hash-source). */
function hashOf(text: string): Markup {
  return new Markup(`sha256-${Buffer.from(sha256(text), 'hex').toString('base64')}`);
}
