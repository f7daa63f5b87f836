import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { patientRetries } from '../aws-retries.js';
import type { Log } from '../log.js';

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

/** What every client is made with; `forcePathStyle` is S3's alone. */
export type ClientConfig = Pick<
  S3ClientConfig,
  'requestHandler' | 'logger' | 'retryStrategy' | 'region' | 'profile' | 'endpoint' | 'credentials'
> & { forcePathStyle: boolean };

/** Makes the client of one service. */
export type MakeClient<Client> = (config: ClientConfig) => Client;

/** The clients of one command or container. */
export interface AwsConnections {
  /** The client of a service, made when it is first asked for. */
  client<Client extends { destroy(): void }>(make: MakeClient<Client>): Client;
  /** Closes the connections of those that were made. */
  close(): void;
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
 * Clients of services of AWS, which share their settings. The caller closes them.
 * @param log is told of each call that is repeated
 */
export function awsConnections(settings: AwsSettings, log?: Log): AwsConnections {
  const { region, profile, endpointUrl, pathStyle = false, maxAttempts, credentials } = settings;
  const config: ClientConfig = {
    requestHandler: CONNECTIONS,
    logger: SILENT,
    retryStrategy: patientRetries(maxAttempts, log),
    forcePathStyle: pathStyle,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const made = new Map<unknown, { destroy(): void }>();
  return {
    client: <Client extends { destroy(): void }>(make: MakeClient<Client>) => {
      const client = (made.get(make) as Client | undefined) ?? make(config);
      made.set(make, client);
      return client;
    },
    close: () => {
      for (const client of made.values()) client.destroy();
    },
  };
}
