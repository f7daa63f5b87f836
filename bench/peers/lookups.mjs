// The floor of enrich: asks for every movie, so many at once, and reads the answers. Nothing else is done with them.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';

const [url, list, concurrency] = process.argv.slice(2);
const ids = JSON.parse(readFileSync(list, 'utf8')).items.map(({ id }) => id);
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency) });

const lookUp = (id) =>
  new Promise((resolve, reject) => {
    get(`${url}/?apikey=bench&i=${id}`, { agent }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });

async function work() {
  for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
    const answer = await lookUp(id);
    if (answer.imdbID !== id) throw new Error(`no answer about ${id}`);
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, work));
agent.destroy();
