// Lambda's runtime in small, in a plain Node process: loads a bundle, and calls its handler with what it is sent.
import { performance } from 'node:perf_hooks';

const { handler } = await import(process.argv[2]);

process.on('message', ({ id, event, remainingMs }) => {
  const endsAt = performance.now() + remainingMs;
  const context = {
    awsRequestId: `invocation-${id}`,
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  };
  handler(event, context).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, error: String(error) }),
  );
});
process.send({ ready: true });
