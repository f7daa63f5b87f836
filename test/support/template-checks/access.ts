import type { Statement } from '../../../chain/template/shapes.js';
import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { faultsWhere, SUBCOMMAND_OF, sameItems, strangers } from './known.js';

const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

type Role = ReturnType<typeof resourcesOf<'AWS::IAM::Role'>>[number];

export function accessFaults(template: ResolvedTemplate): string[] {
  const roles = resourcesOf(template, 'AWS::IAM::Role');
  return [
    ...strangers(
      'role',
      roles.map(({ id }) => id),
      [...Object.keys(SUBCOMMAND_OF).map((id) => `${id}Role`), 'ScheduleRole'],
    ),
    ...roles.flatMap((role) => [...broad(role), ...uploads(role)]),
    ...resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ properties }) => {
      const role = roles.find(({ arn }) => arn === properties.Role);
      return role
        ? [...logging(role, properties.LoggingConfig.LogGroup, template), ...missingKeys(role)]
        : [];
    }),
    ...destinations(template),
    ...trust(template),
  ];
}

function statementsOf({ properties }: Role): Statement[] {
  return properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** What a role may do something with. */
function resourcesFor(role: Role, action: string): string[] {
  return statementsOf(role).flatMap(({ Action, Resource = [] }) => (Action.includes(action) ? Resource : []));
}

function broad(role: Role): string[] {
  return statementsOf(role).flatMap(({ Sid, Action, Resource = ['*'], Effect }) =>
    faultsWhere(
      `${role.id} ${Sid}`,
      ['does not allow', Effect !== 'Allow'],
      [
        'is for every resource',
        Resource.some((resource) => /^[*?]+$|:\*$/.test(resource) && !isLogGroup(resource)),
      ],
      ['is for every action', Action.some((action) => /[*?]/.test(action))],
    ),
  );
}

/** Only silver's CSV is long enough for an upload in parts. */
function uploads(role: Role): string[] {
  const given = resourcesFor(role, 's3:AbortMultipartUpload');
  const csv = resourcesFor(role, 's3:PutObject').filter((resource) => resource.includes('/silver/movies/'));
  return faultsWhere(role.id, ['may not give up what it uploads', !sameItems(given, csv)]);
}

/** The `:*` stands for the streams of a group. */
function isLogGroup(resource: string): boolean {
  return /^arn:[^:*]+:logs:[^:*]+:\d+:log-group:[^:*]+:\*$/.test(resource);
}

function logging(role: Role, logGroup: string, template: ResolvedTemplate): string[] {
  const own = resourcesOf(template, 'AWS::Logs::LogGroup').find(({ ref }) => ref === logGroup)?.arn;
  const logs = statementsOf(role).filter(({ Action }) => Action.some((action) => action.startsWith('logs:')));
  return faultsWhere(
    role.id,
    [
      'cannot write its log',
      !sameItems(
        logs.flatMap(({ Action }) => Action),
        LOG_ACTIONS,
      ),
    ],
    ['writes the log of others', logs.some(({ Resource = [] }) => !sameItems(Resource, [own]))],
  );
}

/**
 * Who may read an object has to be told of a missing one:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function missingKeys(role: Role): string[] {
  const listed = resourcesFor(role, 's3:ListBucket');
  const read = new Set(resourcesFor(role, 's3:GetObject').map((resource) => resource.split('/')[0] ?? ''));
  return [...read]
    .filter((bucket) => !listed.includes(bucket))
    .map((bucket) => `${role.id}: a missing key of ${bucket} answers 403`);
}

/** Lambda polls a queue and sends a failure with the rights of the function, the scheduler with those of the schedule. */
function destinations(template: ResolvedTemplate): string[] {
  const roles = resourcesOf(template, 'AWS::IAM::Role');
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const needed = [
    ...resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(({ properties }) => ({
      role: functions.find(({ ref }) => ref === properties.FunctionName)?.properties.Role,
      action: 'sqs:SendMessage',
      resource: properties.DestinationConfig.OnFailure.Destination,
    })),
    ...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').flatMap(({ properties }) =>
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'].map((action) => ({
        role: functions.find(({ ref }) => ref === properties.FunctionName)?.properties.Role,
        action,
        resource: properties.EventSourceArn,
      })),
    ),
    ...resourcesOf(template, 'AWS::Scheduler::Schedule').flatMap(({ properties: { Target } }) => [
      { role: Target.RoleArn, action: 'sqs:SendMessage', resource: Target.DeadLetterConfig.Arn },
      { role: Target.RoleArn, action: 'lambda:InvokeFunction', resource: Target.Arn },
    ]),
  ];
  return needed.flatMap(({ role: arn, action, resource }) => {
    const role = roles.find((each) => each.arn === arn);
    const may =
      role &&
      statementsOf(role).some((each) => each.Action.includes(action) && each.Resource?.includes(resource));
    return may ? [] : [`${role?.id ?? arn}: may not ${action} on ${resource}`];
  });
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html */
function trust(template: ResolvedTemplate): string[] {
  const scheduled = resourcesOf(template, 'AWS::Scheduler::Schedule').map(({ properties }) => properties);
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(({ id, arn, properties }) => {
    const schedule = scheduled.find(({ Target }) => Target.RoleArn === arn);
    const service = schedule ? 'scheduler.amazonaws.com' : 'lambda.amazonaws.com';
    return properties.AssumeRolePolicyDocument.Statement.flatMap(({ Principal, Action, Condition }) => {
      const source = Condition?.StringEquals;
      return faultsWhere(
        id,
        ['is taken by others', JSON.stringify(Principal) !== JSON.stringify({ Service: service })],
        ['is not just taken', !sameItems(Action, ['sts:AssumeRole'])],
        [
          'is taken for schedules of others',
          schedule !== undefined &&
            (source?.['aws:SourceAccount'] !== template.where.accountId ||
              !String(source['aws:SourceArn']).endsWith(`:schedule-group/${schedule.GroupName}`)),
        ],
      );
    });
  });
}
