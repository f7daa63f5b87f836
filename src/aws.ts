import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsConnections, type AwsSettings, awsConnections } from './aws/connections.js';
import type { Log } from './log.js';

export type { AwsKeys, AwsSettings } from './aws/connections.js';

/** Clients of AWS, each loaded and made when it is first asked for. */
export interface AwsClients {
  s3(): Promise<S3Client>;
  sqs(): Promise<SQSClient>;
  secrets(): Promise<SecretsManagerClient>;
  /** Closes the connections of those that were made. */
  close(): Promise<void>;
}

/**
 * Clients of the services that the pipeline works with. The caller closes them.
 * @param log is told of each call that is repeated
 */
export function awsClients(settings: AwsSettings = {}, log?: Log): AwsClients {
  return clientsOf(awsConnections(settings, log));
}

/** The same, of connections that stand already. */
export function clientsOf(connections: AwsConnections): AwsClients {
  return {
    s3: async () => connections.client((await import('./aws/s3.js')).s3Client),
    sqs: async () => connections.client((await import('./aws/sqs.js')).sqsClient),
    secrets: async () => connections.client((await import('./aws/secrets.js')).secretsClient),
    close: async () => connections.close(),
  };
}
