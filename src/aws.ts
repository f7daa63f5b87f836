import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { patientRetries } from './aws-retries.js';
import type { Log } from './log.js';

/** What flags and environment say of AWS. What is undefined, the SDK finds in its own files and environment. */
export interface AwsSettings {
  region?: string | undefined;
  profile?: string | undefined;
  endpointUrl?: string | undefined;
  /** Buckets are addressed by path, as emulators want it and as the AWS CLI does it with an endpoint of one's own. */
  pathStyle?: boolean;
  /** How often a call is tried at most. */
  maxAttempts?: number | undefined;
  /** Keys that are given outright. Undefined lets the SDK look for some. */
  credentials?: (() => Promise<AwsKeys>) | undefined;
}

/** Access keys of a user, or with a session token those of a role. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Clients of AWS, each loaded and made when it is first asked for. */
export interface AwsClients {
  s3(): Promise<S3Client>;
  sqs(): Promise<SQSClient>;
  secrets(): Promise<SecretsManagerClient>;
  /** Closes the connections of those that were made. */
  close(): Promise<void>;
}

/** More than are ever used at once: a stage reads 64 objects together, and enrich writes as many as it looks up. */
const SOCKETS = { maxSockets: 512 };
/**
 * Time limits of one call, in milliseconds: to connect, to the beginning of an answer, and between two pieces of it. A
 * long poll takes up to 20 seconds.
 */
const CONNECTIONS = {
  connectionTimeout: 5_000,
  requestTimeout: 60_000,
  throwOnRequestTimeout: true,
  socketTimeout: 60_000,
  httpAgent: SOCKETS,
  httpsAgent: SOCKETS,
};
/** The SDK warns on the console otherwise, where a person reads progress. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Clients of the services that the pipeline works with. The caller closes them.
 * @param log is told of each call that is repeated
 */
export function awsClients(settings: AwsSettings = {}, log?: Log): AwsClients {
  const { region, profile, endpointUrl, pathStyle = false, maxAttempts, credentials } = settings;
  const config = {
    requestHandler: CONNECTIONS,
    logger: SILENT,
    retryStrategy: patientRetries(maxAttempts, log),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const made: Promise<{ destroy(): void }>[] = [];
  const once = <Client extends { destroy(): void }>(make: () => Promise<Client>) => {
    let client: Promise<Client> | undefined;
    return () => {
      if (!client) {
        client = make();
        made.push(client);
      }
      return client;
    };
  };
  return {
    s3: once(async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      return new S3Client({ ...config, forcePathStyle: pathStyle });
    }),
    sqs: once(async () => {
      const { SQSClient } = await import('@aws-sdk/client-sqs');
      // As the AWS CLI does: region and endpoint say where to go, the queue's URL only which queue.
      return new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
    }),
    secrets: once(async () => {
      const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
      return new SecretsManagerClient(config);
    }),
    close: async () => {
      for (const client of made) (await client).destroy();
    },
  };
}
