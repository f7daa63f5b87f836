import type { ResolvedTemplate } from '../../../chain/template.js';
import { differences, SUBCOMMAND_OF, strangers } from './known.js';

/** What the README, the terminal and scripts go by. */
export function outputFaults({ resources, outputs }: ResolvedTemplate): string[] {
  const ref = (id: string) => resources[id]?.ref;
  const buckets = ['Bronze', 'Silver', 'Gold'].map((layer) => [`${layer}BucketName`, ref(`${layer}Bucket`)]);
  const uris = ['Bronze', 'Silver', 'Gold'].map((layer) => [
    `${layer}Uri`,
    `s3://${ref(`${layer}Bucket`)}/${layer.toLowerCase()}`,
  ]);
  const functions = Object.keys(SUBCOMMAND_OF).map((id) => [`${id}Name`, ref(id)]);
  const expected: Record<string, unknown> = {
    ...Object.fromEntries([...buckets, ...uris, ...functions]),
    QueueUrl: ref('MovieQueue'),
    DeadLetterQueueUrl: ref('MovieDeadLetterQueue'),
    FailureQueueUrl: ref('FailureQueue'),
  };
  const { TerminalEnvironment: _isTestedAsAWhole, ...others } = outputs;
  return [
    ...strangers('output', Object.keys(others), Object.keys(expected)),
    ...differences('Outputs', others, expected),
  ];
}
