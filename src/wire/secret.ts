import { secretsClient } from '../aws/secrets.js';
import { readOmdbApiKey } from '../secrets.js';
import type { ReadSecret } from './omdb.js';

/** Out of Secrets Manager. */
export const readSecret: ReadSecret = (name, aws) => readOmdbApiKey(aws.client(secretsClient), name);
