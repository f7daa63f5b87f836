import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsError } from './aws-errors.js';
import { PipelineError } from './errors.js';

/** The field of a JSON secret that holds the key. */
const FIELD = 'omdbapi_key';

/**
 * The OMDb key out of Secrets Manager: the secret is `{"omdbapi_key": "…"}`, or the key as plain text.
 * @param name name or ARN of the secret
 * @throws PipelineError without a word of what the secret holds
 */
export async function readOmdbApiKey(client: SecretsManagerClient, name: string): Promise<string> {
  const provider = new SecretsProvider({ awsSdkV3Client: client });
  const text = await provider.get(name).catch((error: unknown) => {
    throw withoutCause(awsError(`read the secret ${name}`, sourceOf(error)));
  });
  const key = typeof text === 'string' ? keyOf(text.trim()) : undefined;
  if (key !== undefined && key !== '') return key;
  throw new PipelineError('stop', `the secret ${name} holds no OMDb key`, {
    hint: `store {"${FIELD}": "…"} in it, or the key as plain text`,
  });
}

/** A key may be all digits, which JSON takes for a number. */
function keyOf(text: string): string | undefined {
  if (!text.startsWith('{')) return text.replace(/^"(.*)"$/, '$1').trim();
  try {
    const field = (JSON.parse(text) as Record<string, unknown>)[FIELD];
    return typeof field === 'string' || typeof field === 'number' ? String(field).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The SDK's errors hold the answer, and the answer may hold the secret. */
function withoutCause({ verdict, message, hint }: PipelineError): PipelineError {
  return new PipelineError(verdict, message, hint === undefined ? {} : { hint });
}

/** Powertools wraps the SDK's error. */
function sourceOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
