import * as z from 'zod/mini';
import type { ObjectLister } from '../stores/store.js';
import { decode } from './decode.js';
import {
  isPartitionDate,
  MAX_COUNT,
  PartitionDate,
  partitionDate,
  type RunId,
  scheduledRunId,
  suffixedRunId,
  suffixOfRequest,
} from './run.js';
import { runWithSuffix } from './runs.js';

/** A count, also as the text that a template's substitution leaves. */
const Count = z
  .union([z.int(), z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number))], {
    error: 'is no whole number',
  })
  .check(
    z.refine((count) => count >= 1 && count <= MAX_COUNT, {
      error: `is no whole number from 1 to ${MAX_COUNT}`,
    }),
  );
const Moment = z.iso
  .datetime({ offset: true, error: 'is no time such as 2026-11-23T03:00:00Z' })
  // An offset can carry the first and the last year out of the calendar that dates are written in.
  .check(z.refine(isInCalendar, { error: 'is out of the calendar' }));

function isInCalendar(moment: string): boolean {
  const time = new Date(moment);
  return !Number.isNaN(time.getTime()) && isPartitionDate(partitionDate(time));
}

/**
 * What asks for an extract: the input of a schedule (`scheduled_time`), the event of an EventBridge rule (`time`), or
 * what a person writes by hand (`date`). What else is in the event is of no interest.
 */
const TriggerEvent = z.object({
  scheduled_time: z.nullish(Moment),
  time: z.nullish(Moment),
  date: z.nullish(PartitionDate),
  top_n: z.nullish(Count),
  batch_size: z.nullish(Count),
});

export interface Trigger {
  date: PartitionDate;
  /** Where a moment was scheduled, its run, the same for every retry; else the suffix of a run that starts now. */
  run: { id: RunId } | { started: Date; suffix: string };
  topN: number | undefined;
  batchSize: number | undefined;
}

/**
 * @param requestId of the invocation; a retried invocation keeps it
 * @throws DecodeError that names the field
 */
export function decodeTrigger(event: unknown, requestId: string, now: Date): Trigger {
  const { scheduled_time, time, date, top_n, batch_size } = decode(TriggerEvent, event ?? {}, 'event');
  const moment = scheduled_time ?? time;
  const scheduled = moment ? new Date(moment) : undefined;
  return {
    date: date ?? partitionDate(scheduled ?? now),
    run: scheduled ? { id: scheduledRunId(scheduled) } : { started: now, suffix: suffixOfRequest(requestId) },
    topN: top_n ?? undefined,
    batchSize: batch_size ?? undefined,
  };
}

/** The run that a trigger is of. An invocation that is retried goes on with the run that it began. */
export async function runOfTrigger(bronze: ObjectLister, { date, run }: Trigger): Promise<RunId> {
  if ('id' in run) return run.id;
  return (await runWithSuffix(bronze, date, run.suffix)) ?? suffixedRunId(run.started, run.suffix);
}
