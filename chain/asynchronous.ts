import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Invocation, OnEvent } from './events.js';
import type { LambdaFunction } from './function.js';
import { queueUrlOf } from './resources.js';
import { type ResolvedTemplate, resourcesOf } from './template.js';

/** `EventInvokeConfig` of a function. */
export interface RetryRules {
  maximumRetryAttempts: number;
  /** The queue that is told of an event that failed for good. */
  onFailure: { queueUrl: string } | undefined;
}

/** Without an `EventInvokeConfig`: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const USUAL_RULES: RetryRules = { maximumRetryAttempts: 2, onFailure: undefined };

export function retryRulesOf(template: ResolvedTemplate, functionName: string): RetryRules {
  const config = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').find(
    ({ properties }) => properties.FunctionName === functionName,
  );
  if (!config) return USUAL_RULES;
  const { MaximumRetryAttempts, DestinationConfig } = config.properties;
  const queueUrl = queueUrlOf(template, DestinationConfig.OnFailure.Destination);
  return { maximumRetryAttempts: MaximumRetryAttempts, onFailure: { queueUrl } };
}

export interface AsynchronousServices {
  /** Speaks as Lambda. */
  sqs: SQSClient;
  onEvent: OnEvent;
  /** Lambda waits for one minute before the first retry and for two before the second. Here every pause is this long. */
  retryPauseMs: number;
  signal: AbortSignal;
}

/**
 * Invokes a function the way events do: nobody waits for the answer, a failure is tried again with the same request
 * id, and one that stays is told to the failure destination. Different from Lambda: events do not grow too old here
 * (`MaximumEventAgeInSeconds`), and none is handed over twice.
 */
export async function invokeAsynchronously(
  target: LambdaFunction,
  event: unknown,
  { maximumRetryAttempts, onFailure }: RetryRules,
  { sqs, onEvent, retryPauseMs, signal }: AsynchronousServices,
): Promise<void> {
  const requestId = randomUUID();
  for (let attempt = 1; ; attempt++) {
    const invocation = await target.invoke(event, requestId, attempt);
    if (invocation.outcome?.ok || signal.aborted) return;
    if (attempt <= maximumRetryAttempts) {
      onEvent({ kind: 'retrying', invocation, afterMilliseconds: retryPauseMs });
      await sleep(retryPauseMs);
      if (signal.aborted) return;
      continue;
    }
    if (onFailure) {
      const MessageBody = JSON.stringify(failureRecord(target, invocation));
      await sqs.send(new SendMessageCommand({ QueueUrl: onFailure.queueUrl, MessageBody }));
    }
    onEvent({ kind: 'failed', invocation, destination: onFailure?.queueUrl });
    return;
  }
}

/** The "invocation record" of https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord({ arn }: LambdaFunction, { requestId, attempt, event, outcome }: Invocation) {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempt,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: outcome?.ok === false ? outcome.error : null,
  };
}
