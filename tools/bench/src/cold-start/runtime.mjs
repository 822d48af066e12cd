// Lambda's runtime in small: a fresh process that loads a bundle and calls its handler with what it is sent, and says
// how long each took. A plain JavaScript file, so that no part of a start is spent on types.
import { performance } from 'node:perf_hooks';

const startedAt = performance.now();
const { handler } = await import(process.argv[2]);
const initMs = performance.now() - startedAt;

const endsIn = (ms) => {
  const endsAt = performance.now() + ms;
  return () => endsAt - performance.now();
};

process.on('message', async ({ id, event }) => {
  const context = {
    awsRequestId: `invocation-${id}`,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: endsIn(20_000),
  };
  const calledAt = performance.now();
  try {
    const result = await handler(event, context);
    process.send({ id, durationMs: performance.now() - calledAt, result });
  } catch (error) {
    process.send({ id, durationMs: performance.now() - calledAt, error: String(error) });
  }
});
process.send({ initMs });
