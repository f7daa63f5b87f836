import { type AwsClients, awsClients } from '../src/aws.js';
import { REGION, SECRET_ACCESS_KEY } from './emulator/calls.js';

/** Clients of an emulator that speak as somebody; the caller closes them. @param principal their access key id */
export function clientsOf(endpointUrl: string, principal: string): AwsClients {
  const credentials = async () => ({ accessKeyId: principal, secretAccessKey: SECRET_ACCESS_KEY });
  return awsClients({ endpointUrl, region: REGION, pathStyle: true, credentials });
}
