import { fileURLToPath } from 'node:url';
import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { S3Event, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Test } from 'tap';
import { ACCOUNT_ID, REGION } from '../../chain/emulator/calls.js';
import { startEmulator } from '../../chain/emulator/emulator.js';
import { createResources } from '../../chain/resources.js';
import { readTemplate, resolveTemplate, resourcesOf } from '../../chain/template.js';
import { openStore } from '../../src/stores/open.js';
import { awsOf, placeOf } from './aws.js';
import { type LambdaFunction, startLambda } from './lambda-runtime.js';
import { type OmdbServer, startOmdb } from './omdb-server.js';
import { keysOf } from './pipeline.js';
import { OMDB_KEY, SECRET_ACCESS_KEY, SESSION_TOKEN, watchRequests } from './secrets.js';

const ROOT = new URL('../../', import.meta.url);

type Layer = 'bronze' | 'silver' | 'gold';

/** What template.yaml deploys, without its triggers: events are made and handed over by the test. */
export interface Stack {
  omdb: OmdbServer;
  /** Starts a function, by its logical id, as the template has it. */
  start(t: Test, id: string): Promise<LambdaFunction>;
  /** The keys of a layer, relative to its URI, sorted. */
  keys(layer: Layer): Promise<string[]>;
  object(layer: Layer, key: string): Promise<string>;
  /** The sample, with a record for each message that is in the queue. */
  receive(sample: SQSEvent): Promise<SQSEvent>;
  /** The sample, about an object of a layer. */
  created(sample: S3Event, layer: Layer, key: string): S3Event;
}

/** The buckets, the queue and the functions of the template on the emulator, with OMDb and a movie list at hand. */
export async function deploy(t: Test): Promise<Stack> {
  const [emulator, omdb] = await Promise.all([startEmulator(), startOmdb()]);
  watchRequests(emulator);
  const template = resolveTemplate(readTemplate(new URL('template.yaml', ROOT)), {
    parameters: { MoviesUrl: omdb.moviesUrl, OmdbUrl: omdb.url },
    accountId: ACCOUNT_ID,
    region: REGION,
  });
  await createResources(template, emulator);
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const variables = Object.assign({}, ...functions.map(({ properties }) => properties.Environment.Variables));
  emulator.putSecret(variables.OMDB_API_KEY_SECRET, JSON.stringify({ omdbapi_key: OMDB_KEY }));
  const aws = awsOf(t, emulator);
  const sqs = await aws.sqs();
  t.teardown(() => Promise.all([emulator.close(), omdb.close()]));

  const uriOf = (layer: Layer): string => variables[`${layer.toUpperCase()}_URI`];
  return {
    omdb,
    start: async (t, id) => {
      const found = functions.find((candidate) => candidate.id === id);
      if (!found) throw new Error(`the template has no function ${id}`);
      const { Code, Environment, FunctionName, Handler, LoggingConfig, MemorySize, Timeout } =
        found.properties;
      return startLambda(t, {
        functionName: FunctionName,
        folder: fileURLToPath(new URL(Code, ROOT)),
        handler: Handler,
        memoryMb: MemorySize,
        timeoutSeconds: Timeout,
        logFormat: LoggingConfig.LogFormat,
        logGroup: LoggingConfig.LogGroup,
        environment: {
          ...Environment.Variables,
          AWS_ACCESS_KEY_ID: id,
          AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
          AWS_SESSION_TOKEN: SESSION_TOKEN,
          AWS_ENDPOINT_URL: emulator.url,
        },
      });
    },
    keys: async (layer) => (await keysOf((await openStore(uriOf(layer), aws)).list(''))).sort(),
    object: async (layer, key) => {
      const found = await (await openStore(uriOf(layer), aws)).get(key);
      if (!found) throw new Error(`${layer} has no ${key}`);
      return found.body.toString();
    },
    receive: async ({ Records: [record] }) => {
      if (!record) throw new Error('the sample has no record');
      const Records: SQSRecord[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: variables.QUEUE_URL,
            MaxNumberOfMessages: 10,
            MessageSystemAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) return { Records };
        Records.push(...Messages.map((message) => asRecord(record, message)));
      }
    },
    created: (sample, layer, key) => {
      const { Bucket, Key } = placeOf(uriOf(layer), key);
      const Records = sample.Records.slice(0, 1).map((record) => ({
        ...record,
        s3: {
          ...record.s3,
          bucket: { ...record.s3.bucket, name: Bucket, arn: `arn:aws:s3:::${Bucket}` },
          // The console and the events encode a key as a form does: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
          object: { ...record.s3.object, key: encodeURIComponent(Key).replaceAll('%2F', '/') },
        },
      }));
      return { Records };
    },
  };
}

function asRecord(
  sample: SQSRecord,
  { MessageId, ReceiptHandle, Body, MD5OfBody, Attributes }: Message,
): SQSRecord {
  return {
    ...sample,
    messageId: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    md5OfBody: MD5OfBody ?? '',
    attributes: { ...sample.attributes, ...Attributes },
  };
}
