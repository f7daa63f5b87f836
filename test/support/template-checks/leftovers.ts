import type { ResolvedTemplate } from '../../../chain/template.js';
import { faultsWhere } from './known.js';

/** Data, and that it is asked for over TLS only. */
const OUTLIVES = ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'];

/** A first deployment that failed leaves nothing behind. What else is left standing would be in the way of the next stack. */
export function leftoverFaults({ resources }: ResolvedTemplate): string[] {
  return Object.entries(resources).flatMap(([id, { Type, DeletionPolicy, UpdateReplacePolicy }]) => {
    const policies = [DeletionPolicy ?? 'Delete', UpdateReplacePolicy ?? 'Delete'].join();
    const isMeantTo = OUTLIVES.includes(Type);
    return faultsWhere(
      id,
      ['goes with the stack', isMeantTo && policies !== 'RetainExceptOnCreate,Retain'],
      ['is left standing', !isMeantTo && policies !== 'Delete,Delete'],
    );
  });
}
