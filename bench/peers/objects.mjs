// The floor of silver: gets and parses the records that the manifest names, 64 at once. No row is made of them.
import { Agent, get } from 'node:http';

const CONCURRENCY = 64;
const [bucketUrl, manifestKey, recordsPrefix] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });

const read = (key) =>
  new Promise((resolve, reject) => {
    get(`${bucketUrl}/${key}`, { agent }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });

const { movies } = await read(manifestKey);
let next = 0;
async function work() {
  while (next < movies.length) {
    const { id } = movies[next++];
    const record = await read(`${recordsPrefix.slice(0, -2)}${id}.json`);
    if (record.movie.id !== id) throw new Error(`no record of ${id}`);
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, work));
agent.destroy();
