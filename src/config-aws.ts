import type { AwsSettings } from './aws.js';
import type { SettingsLookup } from './config-lookup.js';
import { withoutSecrets } from './uri.js';

const ENDPOINTS = {
  endpointUrlS3: 'AWS_ENDPOINT_URL_S3',
  endpointUrlSqs: 'AWS_ENDPOINT_URL_SQS',
  endpointUrlSecretsManager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
};

type Given = { value: string };
const asItIs = ({ value }: Given) => value;

/**
 * What is said of AWS, but for `maxAttempts`. The variables are the AWS CLI's
 * (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html).
 * @param url reads a URL that is given by flag
 */
export function readAws(
  lookup: SettingsLookup,
  url: (setting: string) => string | undefined,
): Omit<AwsSettings, 'maxAttempts'> {
  const region = lookup.setting('region', {
    variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    read: asItIs,
    otherwise: { words: 'as the AWS profile says' },
  });
  const identity = readIdentity(lookup);
  const byFlag = typeof lookup.flags.endpointUrl === 'string';
  const endpointUrl = byFlag ? url('endpointUrl') : undefined;
  const pathStyle = byFlag || readEndpoints(lookup);
  return { region, endpointUrl, pathStyle, ...identity };
}

/** Only the SDK looks at these variables, and only where no flag says otherwise. @returns whether S3 is elsewhere */
function readEndpoints(lookup: SettingsLookup): boolean {
  const everywhere = lookup.setting('endpointUrl', {
    variables: ['AWS_ENDPOINT_URL'],
    read: asItIs,
    otherwise: { words: "AWS's own" },
    shown: withoutSecrets,
  });
  for (const [setting, variable] of Object.entries(ENDPOINTS)) {
    const value = lookup.environment[variable]?.trim();
    if (value) lookup.note(setting, withoutSecrets(value), lookup.originOf(variable));
  }
  return Boolean(everywhere || lookup.environment[ENDPOINTS.endpointUrlS3]);
}

/** Keys beside AWS_PROFILE win, as with the AWS CLI; the SDK would do it the other way round. */
function readIdentity(lookup: SettingsLookup): Pick<AwsSettings, 'profile' | 'credentials'> {
  const profile = lookup.setting('profile', { variables: ['AWS_PROFILE'], read: (found) => found });
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = lookup.environment;
  if (profile?.byFlag) {
    lookup.note('credentials', null, profile.from, { words: 'of the profile' });
    return { profile: profile.value };
  }
  if (accessKeyId && secretAccessKey) {
    lookup.noteMasked('credentials', 'AWS_ACCESS_KEY_ID');
    if (!profile) return { profile: undefined };
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    return { profile: undefined, credentials: async () => keys };
  }
  if (profile) lookup.note('credentials', null, profile.from, { words: 'of the profile' });
  else lookup.note('credentials', null, 'default', { words: 'found by the AWS SDK' });
  return { profile: undefined };
}
