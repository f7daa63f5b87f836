import { secretArn } from './calls.js';
import type { App } from './emulator.js';

/** GetSecretValue of Secrets Manager. */
export function addSecrets(app: App, secrets: ReadonlyMap<string, string>): void {
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') return;
    const { SecretId: id } = JSON.parse(String(request.body)) as { SecretId: string };
    const value = secrets.get(id);
    reply.type('application/x-amz-json-1.1');
    if (value === undefined) {
      const message = "Secrets Manager can't find the specified secret.";
      return reply.code(400).send(JSON.stringify({ __type: 'ResourceNotFoundException', message }));
    }
    return reply.send(JSON.stringify({ ARN: secretArn(id), Name: id, SecretString: value }));
  });
}
