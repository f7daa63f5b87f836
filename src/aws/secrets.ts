import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ClientConfig } from './connections.js';

export function secretsClient({ forcePathStyle: _ofS3, ...config }: ClientConfig): SecretsManagerClient {
  return new SecretsManagerClient(config);
}
