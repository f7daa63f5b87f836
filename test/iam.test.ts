import { fileURLToPath } from 'node:url';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import t from 'tap';
import { ACCOUNT_ID, REGION } from '../chain/emulator/calls.js';
import type { PolicyDocument, Statement } from '../chain/template/shapes.js';
import { type ResolvedTemplate, readTemplate, resolveTemplate, resourcesOf } from '../chain/template.js';
import { bronzeKeys } from '../src/keys.js';
import { startTestChain } from './support/chain.js';
import { accessRequests, evaluate, type Grant } from './support/iam.js';
import { invalidKey } from './support/omdb-server.js';
import { DATE, NOW } from './support/pipeline.js';

const TEMPLATE = fileURLToPath(new URL('../template.yaml', import.meta.url));
const NEXT_DAY = new Date(NOW.getTime() + 24 * 60 * 60 * 1000);

/** What no call of a bundle uses, and who does. */
const USED_BY_OTHERS: { sid: string; actions: string[]; why: string }[] = [
  {
    sid: 'Logs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    why: 'Lambda writes what a function prints, with the rights of the function',
  },
  {
    sid: 'ReportFailure',
    actions: ['sqs:SendMessage'],
    why: 'Lambda tells the failure destination, with the rights of the function',
  },
  {
    sid: 'TakeBatches',
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    why: 'Lambda polls the queue of an event source, with the rights of the function',
  },
  {
    sid: 'GiveUpUploads',
    actions: ['s3:AbortMultipartUpload'],
    why: 'only a CSV of several parts that cannot be written to its end is given up',
  },
];

const template = () =>
  resolveTemplate(readTemplate(TEMPLATE), {
    parameters: { MoviesUrl: 'http://127.0.0.1/' },
    accountId: ACCOUNT_ID,
    region: REGION,
  });

/** Two days, the first of them again and then anew, a record that is lost, a batch that comes twice, two that fail. */
const test = await startTestChain(t, { parameters: { TopN: 4, BatchSize: 2 } });
const { chain, output } = test;
for (const time of [NOW, NEXT_DAY, NOW]) {
  chain.fire(time);
  await chain.settled();
}
chain.send('GetMoviesAndSendToQueue', { date: DATE, top_n: 3, batch_size: 1 });
await chain.settled();
const bronze = await test.objects('bronze');
const record = Object.keys(bronze).findLast((key) => /^dt=2026-01-02\/.*\/tt\d+\.json$/.test(key)) ?? '';
await test.remove('bronze', record);
await test.put('bronze', bronzeKeys.success(DATE), bronze[bronzeKeys.success(DATE)] ?? '');
await chain.settled();
const send = (MessageBody: string, id: string) => {
  const ids = { MessageGroupId: id, MessageDeduplicationId: id };
  return test.sqs.send(new SendMessageCommand({ QueueUrl: output('QueueUrl'), MessageBody, ...ids }));
};
const [batch] = test.invocationsOf('EnrichAndStoreMovie').map(({ event }) => (event as SQSEvent).Records[0]);
await send(batch?.body ?? '', 'again');
await chain.settled();
// The movie list comes from the same server.
test.omdb.script = ({ id }) => (id === '' ? undefined : invalidKey);
chain.send('GetMoviesAndSendToQueue', { date: '2026-01-04', top_n: 1, batch_size: 1 });
await test.until(() => test.eventsOf('returned').length === 1);
const { MessageId = '' } = await send('malformed', 'malformed');
await test.until(() => test.eventsOf('returned').length === 2);
const requests = accessRequests(template(), chain.emulator.calls);

const functions = resourcesOf(template(), 'AWS::Lambda::Function').map(({ id }) => id);
const textOf = ({ function: id, sid, action, resource }: Grant) => `${id} ${sid}: ${action} on ${resource}`;
const unexplained = (unused: Grant[]) => unused.filter((grant) => !isUsedByOthers(grant)).map(textOf);
const isUsedByOthers = ({ sid, action }: Grant) =>
  USED_BY_OTHERS.some((entry) => entry.sid === sid && entry.actions.includes(action));

t.test('every call of every bundle is allowed by its role and the resource', async (t) => {
  const actions = (id: string) =>
    [...new Set(requests.filter((each) => each.function === id).map(({ action }) => action))].sort();
  t.same(actions('GetMoviesAndSendToQueue'), [
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
    'sqs:SendMessage',
  ]);
  t.same(actions('EnrichAndStoreMovie'), [
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
    'secretsmanager:GetSecretValue',
    'sqs:ChangeMessageVisibility',
  ]);
  t.same(actions('ProcessBronzeToSilver'), ['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
  t.same(actions('ProcessSilverToGold'), ['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
  const { refused } = await evaluate(template(), requests);
  t.same(refused, []);
});

t.test('no role allows what nobody uses', async (t) => {
  const { unused } = await evaluate(template(), requests);
  t.same(unexplained(unused), []);
  for (const { sid, actions, why } of USED_BY_OTHERS) {
    for (const action of actions) {
      const stands = unused.some((grant) => grant.sid === sid && grant.action === action);
      t.ok(stands, `${sid} ${action}: ${why}`);
    }
  }
});

t.test('a statement that is taken away is missed', async (t) => {
  const needless = USED_BY_OTHERS.map(({ sid }) => sid).filter((sid) => sid !== 'TakeBatches');
  const grants = functions.flatMap((id) => statementsOf(template(), id).map(({ Sid }) => ({ id, Sid })));
  const needed = grants.filter(({ Sid }) => !needless.includes(Sid));
  t.equal(needed.length, 17);
  for (const { id, Sid } of needed) {
    const changed = template();
    for (const document of documentsOf(changed, id)) {
      document.Statement = document.Statement.filter((statement) => statement.Sid !== Sid);
    }
    const { refused } = await evaluate(
      changed,
      requests.filter((request) => request.function === id),
    );
    t.ok(refused.length > 0, `${id} without ${Sid}: ${refused.length} requests are refused`);
  }
});

t.test('an action, a resource or a condition too much or too little is noticed', async (t) => {
  const changedBy = async (id: string, sid: string, change: (statement: Statement) => void) => {
    const changed = template();
    const statement = statementsOf(changed, id).find(({ Sid }) => Sid === sid);
    if (!statement) throw new Error(`${id} has no ${sid}`);
    change(statement);
    const { refused, unused } = await evaluate(changed, requests);
    return { refused, unused: unexplained(unused) };
  };
  t.match(await changedBy('ProcessSilverToGold', 'Gold', ({ Action }) => Action.push('s3:DeleteObject')), {
    refused: [],
    unused: [/^ProcessSilverToGold Gold: s3:DeleteObject on /],
  });
  const more = 'arn:aws:s3:::movie-etl-bronze-000000000000-us-east-1/bronze/*';
  t.match(await changedBy('ProcessSilverToGold', 'ReadSilver', ({ Resource }) => Resource?.push(more)), {
    refused: [],
    unused: [`ProcessSilverToGold ReadSilver: s3:GetObject on ${more}`],
  });
  const narrowed = await changedBy('ProcessBronzeToSilver', 'FindSilver', (statement) => {
    statement.Condition = { StringLike: { 's3:prefix': ['silver/*'] } };
  });
  t.ok(
    narrowed.refused.some(({ action, context }) => action === 's3:ListBucket' && !('s3:prefix' in context)),
    'a missing object would be a 403',
  );
});

t.test('plain HTTP is refused by buckets and queues', async (t) => {
  const plain = requests
    .filter(({ action }) => !action.startsWith('secretsmanager:'))
    .map((request) => ({ ...request, context: { ...request.context, 'aws:SecureTransport': 'false' } }));
  const { refused } = await evaluate(template(), plain);
  t.same(refused, plain);
});

t.test(
  'the record that was lost is told to be missing, and the message that failed to have failed',
  async (t) => {
    t.match(test.invocationsOf('ProcessBronzeToSilver').at(-1)?.outcome, {
      ok: true,
      response: [{ date: DATE, rows: 2, quarantined: 1 }],
    });
    t.same(test.invocationsOf('EnrichAndStoreMovie').at(-1)?.outcome, {
      ok: true,
      response: { batchItemFailures: [{ itemIdentifier: MessageId }] },
    });
  },
);

t.test(
  'a key that is refused and a message that is malformed are lines that EnrichStopped counts',
  async (t) => {
    const lines = test
      .eventsOf('logged')
      .filter((event) => event.function === 'EnrichAndStoreMovie')
      .map(({ line }) => JSON.parse(line) as Record<string, unknown>);
    const [refused, malformed, ...others] = lines.filter(
      ({ level, verdict }) => level === 'ERROR' && verdict === 'stop',
    );
    t.match(refused, { date: '2026-01-04', batch: 0, attempt: 1 });
    t.match(malformed, { messageId: MessageId, attempt: 1 });
    t.same(others, []);
  },
);

function statementsOf(of: ResolvedTemplate, id: string): Statement[] {
  return documentsOf(of, id).flatMap(({ Statement }) => Statement);
}

/** The policies of a function's role, as they are in the template: to be changed. */
function documentsOf({ resources }: ResolvedTemplate, id: string): PolicyDocument[] {
  const policies = resources[`${id}Role`]?.Properties.Policies as unknown as {
    PolicyDocument: PolicyDocument;
  }[];
  return policies.map(({ PolicyDocument }) => PolicyDocument);
}
