// Prints how many milliseconds the import of a bundle takes.
import { pathToFileURL } from 'node:url';

const start = performance.now();
const { handler } = await import(pathToFileURL(process.argv[2]).href);
const milliseconds = performance.now() - start;
if (typeof handler !== 'function') throw new Error('no handler');
process.stdout.write(String(milliseconds));
process.exit();
