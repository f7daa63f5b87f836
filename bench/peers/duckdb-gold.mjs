// Six of the gold tables in SQL, from silver's CSV into a folder.
import { DuckDBInstance } from '@duckdb/node-api';

const [silver, folder] = process.argv.slice(2);
const database = await (await DuckDBInstance.create(':memory:')).connect();
const columns = `rank, imdb_id, title, year, released, imdb_rating, imdb_votes, runtime_minutes, genres, directors,
  countries, languages, metascore, awards, box_office_usd`;

const write = (query, name) => database.run(`copy (${query}) to '${folder}/${name}.csv' (header)`);

const perName = (list, name, top = '') => `
  with named as (select distinct imdb_id, imdb_rating, box_office_usd, unnest(string_split(${list}, '|')) as ${name}
    from movies)
  select ${name}, count(*) as movie_count, round(avg(imdb_rating), 2) as avg_imdb_rating,
    sum(box_office_usd) as total_box_office_usd
  from named group by ${name} order by movie_count desc, ${top === '' ? '' : 'avg_imdb_rating desc,'} ${name} ${top}`;

await database.run(
  `create table movies as select ${columns}, actors from read_csv('${silver}', header = true, delim = ',', quote = '"', escape = '"')`,
);
await write(perName('genres', 'genre'), 'movies_by_genre');
await write(perName('countries', 'country'), 'movies_by_country');
await write(perName('directors', 'director', 'limit 25'), 'top_directors');
await write(perName('actors', 'actor', 'limit 25'), 'top_actors');
await write(
  'select year, count(*) as movie_count, round(avg(imdb_rating), 2) as avg_imdb_rating from movies where year is not null group by year order by year desc',
  'movies_per_year',
);
await write(`select ${columns} from movies order by rank`, 'top_rated');
