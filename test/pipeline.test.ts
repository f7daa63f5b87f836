import { fileURLToPath } from 'node:url';
import t from 'tap';
import { datasets } from '../src/datasets/index.js';
import { goldKeys, silverKeys } from '../src/keys.js';
import { drainQueue } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import { DATE, keysOf, offlineServices, RUN, textOf } from './support/pipeline.js';

const golden = fileURLToPath(new URL('golden', import.meta.url));

/** Read off the list and OMDb's answers by eye, movie by movie, not off the program's output. */
const readByEye = [
  'tt0111161,1,The Shawshank Redemption,1994,R,1994-10-14,142,Drama,Frank Darabont,Stephen King|Frank Darabont,Tim Robbins|Morgan Freeman|Bob Gunton,English,United States,,Nominated for 7 Oscars. 21 wins & 43 nominations total,0,21,43,9.3,2559562,81,91,28767189,movie,,true',
  "tt0108052,6,Schindler's List,1993,R,1994-02-04,195,Biography|Drama|History,Steven Spielberg,Thomas Keneally|Steven Zaillian,Liam Neeson|Ralph Fiennes|Ben Kingsley,English|Hebrew|German|Polish|Latin,United States,,Won 7 Oscars. 91 wins & 49 nominations total,7,91,49,8.9,1307427,94,98,96898818,movie,,true",
  'tt9362722,12,Spider-Man: Across the Spider-Verse,2023,,,,,Joaquim Dos Santos,,Shameik Moore|Hailee Steinfeld,,,,,,,,8.8,153549,,,,,,false',
  'tt0110413,36,Léon: The Professional,1994,R,1994-11-18,110,Action|Crime|Drama,Luc Besson,Luc Besson,Jean Reno|Gary Oldman|Natalie Portman,English|Italian|French,France|United States,,6 wins & 15 nominations,0,6,15,8.6,1118859,64,73,19501238,movie,,true',
  'tt0910970,58,WALL·E,2008,G,2008-06-27,98,Animation|Adventure|Family,Andrew Stanton,Andrew Stanton|Pete Docter|Jim Reardon,Ben Burtt|Elissa Knight|Jeff Garlin,English|Hindi,United States,,Won 1 Oscar. 94 wins & 95 nominations total,1,94,95,8.4,1076317,95,95,223808164,movie,,true',
  'tt5311514,83,Your Name.,2016,TV-PG,2017-04-07,106,Animation|Drama|Fantasy,Makoto Shinkai,Makoto Shinkai|Clark Cheng,Ryûnosuke Kamiki|Mone Kamishiraishi|Ryô Narita,Japanese,Japan,,16 wins & 26 nominations,0,16,26,8.4,244366,79,98,5017246,movie,,true',
  'tt0066921,105,A Clockwork Orange,1971,X,1972-02-02,136,Crime|Sci-Fi,Stanley Kubrick,Stanley Kubrick|Anthony Burgess,Malcolm McDowell|Patrick Magee|Michael Bates,English,United Kingdom|United States,,Nominated for 4 Oscars. 12 wins & 24 nominations total,0,12,24,8.3,805089,77,87,26617553,movie,,true',
  'tt8503618,108,Hamilton,2020,PG-13,2020-07-03,160,Biography|Drama|History,Thomas Kail,Lin-Manuel Miranda|Ron Chernow,Lin-Manuel Miranda|Phillipa Soo|Leslie Odom Jr.,English,United States,,Won 1 Primetime Emmy. 18 wins & 46 nominations total,0,18,46,8.4,84926,90,98,,movie,,true',
  'tt0469494,139,There Will Be Blood,2007,R,2008-01-25,158,Drama,Paul Thomas Anderson,Paul Thomas Anderson|Upton Sinclair,Daniel Day-Lewis|Paul Dano|Ciarán Hinds,English|American Sign,United States,,Won 2 Oscars. 116 wins & 137 nominations total,2,116,137,8.2,565701,93,91,40222514,movie,,true',
  'tt0046268,195,The Wages of Fear,1953,Not Rated,1955-02-16,131,Adventure|Drama|Thriller,Henri-Georges Clouzot,Georges Arnaud|Henri-Georges Clouzot|Jérôme Géronimi,Yves Montand|Charles Vanel|Peter van Eyck,French|English|Spanish|German|Italian|Russian,France|Italy,,Won 1 BAFTA Film Award6 wins total,0,6,0,8.2,59625,85,100,,movie,,true',
  'tt0061512,241,Cool Hand Luke,1967,GP,1967-11-01,127,Crime|Drama,Stuart Rosenberg,Donn Pearce|Frank Pierson|Hal Dresner,Paul Newman|George Kennedy|Strother Martin,English,United States,,Won 1 Oscar. 4 wins & 10 nominations total,1,4,10,8.1,173792,92,100,,movie,,true',
  'tt0053198,244,The 400 Blows,1959,Not Rated,1959-11-16,99,Crime|Drama,François Truffaut,François Truffaut|Marcel Moussy,Jean-Pierre Léaud|Albert Rémy|Claire Maurier,French|English,France,,Nominated for 1 Oscar. 10 wins & 7 nominations total,0,10,7,8.1,114819,,99,509,movie,,true',
  'tt0129167,247,The Iron Giant,1999,,,,,Brad Bird,,Eli Marienthal|Harry Connick Jr.,,,,,,,,8.0,210696,,,,,,false',
  'tt0079470,248,Life of Brian,1979,R,1979-08-17,94,Comedy,Terry Jones,Graham Chapman|John Cleese|Terry Gilliam,Graham Chapman|John Cleese|Michael Palin,English|Latin,United Kingdom,,,,,,8.1,390711,77,95,20206622,movie,,true',
];

t.test('a whole run of the real Top 250 gives the golden silver and gold', async (t) => {
  const dataDir = t.testdir();
  const services = await offlineServices(dataDir);
  t.teardown(services.close);

  const extracted = await extract({ date: DATE, runId: RUN, topN: 250, batchSize: 10 }, services);
  t.match(extracted, { movies: 250, batches: 25, rejected: [], continued: false });
  const drained = await drainQueue(services);
  t.match(drained.runs, [{ enriched: 245, not_found: 5, failed: [], complete: true }]);
  t.match(await silver(DATE, services), { rows: 250, quarantined: 0 });
  t.match(await gold(DATE, services), { movies: 250, previousDate: null });

  const csv = await textOf(dataDir, 'silver', silverKeys.movies(DATE));
  t.equal(csv, await textOf(golden, 'silver', 'movies.csv'), 'silver');
  const lines = csv.split('\n');
  for (const line of readByEye) t.ok(lines.includes(line), line.slice(0, 60));
  t.equal(await textOf(dataDir, 'silver', silverKeys.quarantine(DATE)), '', 'nothing in quarantine');
  for (const { name } of datasets) {
    const made = await textOf(dataDir, 'gold', goldKeys.dataset(name, DATE));
    t.equal(made, await textOf(golden, 'gold', `${name}.csv`), name);
  }
  t.equal(datasets.length, 13);
});

t.test('batch size, concurrency and the order of work change no byte of silver and gold', async (t) => {
  const dataDir = t.testdir();
  const services = { ...(await offlineServices(dataDir)), concurrency: 3 };
  t.teardown(services.close);
  await extract({ date: DATE, runId: `${RUN}-other`, topN: 250, batchSize: 7 }, services);
  await drainQueue(services);
  await silver(DATE, services);
  await gold(DATE, services);
  t.equal(
    await textOf(dataDir, 'silver', silverKeys.movies(DATE)),
    await textOf(golden, 'silver', 'movies.csv'),
  );
  for (const { name } of datasets) {
    const made = await textOf(dataDir, 'gold', goldKeys.dataset(name, DATE));
    t.equal(made, await textOf(golden, 'gold', `${name}.csv`), name);
  }
});

t.test('each layer has just the keys of the design', async (t) => {
  const services = await offlineServices(t.testdir());
  t.teardown(services.close);
  await extract({ date: DATE, runId: RUN, topN: 2, batchSize: 1 }, services);
  await drainQueue(services);
  await silver(DATE, services);
  await gold(DATE, services);
  t.same(await keysOf(services.bronze.list('')), [
    'dt=2026-01-02/_SUCCESS',
    'dt=2026-01-02/run=20260102T030000Z/_done/000/000000',
    'dt=2026-01-02/run=20260102T030000Z/_done/000/000001',
    'dt=2026-01-02/run=20260102T030000Z/_done/_groups/000',
    'dt=2026-01-02/run=20260102T030000Z/_manifest.json',
    'dt=2026-01-02/run=20260102T030000Z/tt0068646.json',
    'dt=2026-01-02/run=20260102T030000Z/tt0111161.json',
  ]);
  t.same(await keysOf(services.silver.list('')), [
    '_lineage/dt=2026-01-02.json',
    '_quarantine/dt=2026-01-02/movies.ndjson',
    'movies/dt=2026-01-02/movies.csv',
  ]);
  const goldKeysExpected = datasets.map(({ name }) => `${name}/dt=2026-01-02/${name}.csv`);
  t.same(await keysOf(services.gold.list('')), ['_lineage/dt=2026-01-02.json', ...goldKeysExpected.sort()]);
});
