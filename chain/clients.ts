import { type AwsClients, awsClients } from '../src/aws.js';
import { REGION } from './emulator/calls.js';

/** Clients of an emulator that speak as somebody; the caller closes them. @param principal their access key id */
export function clientsOf(endpointUrl: string, principal: string): AwsClients {
  const credentials = async () => ({ accessKeyId: principal, secretAccessKey: 'secret' });
  return awsClients({ endpointUrl, region: REGION, pathStyle: true, credentials });
}
