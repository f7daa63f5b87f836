const { Agent, request } = require('node:http');

/**
 * The three calls of the runtime client's native module, over HTTP: the Runtime API of AWS Lambda
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
 */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const invocations = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

// The native calls block until the answer is delivered; here the next invocation waits for it instead.
let delivered = Promise.resolve();

/** Resolves to the event as JSON text, and the headers that the context is made of. */
exports.next = async () => {
  await delivered;
  const { headers, body } = await call('GET', `${invocations}/next`);
  return { headers, bodyJson: body };
};

/** @param {string} id URL-encoded by the caller, as is the id of an error. */
exports.done = (id, response) => {
  delivered = call('POST', `${invocations}/${id}/response`, response);
};

exports.error = (id, error) => {
  delivered = call('POST', `${invocations}/${id}/error`, error, {
    'lambda-runtime-function-error-type': JSON.parse(error).errorType,
  });
};

function call(method, url, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: { 'content-type': 'application/json', ...headers } });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode < 300) resolve({ headers: response.headers, body: text });
        else reject(new Error(`${method} ${url} answered ${response.statusCode}: ${text}`));
      });
    });
    sent.end(body);
  });
}
