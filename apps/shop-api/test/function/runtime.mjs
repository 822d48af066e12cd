// Lambda's runtime in small, in a plain Node process: loads a bundle, and calls its handler with what it is sent.
import { performance } from 'node:perf_hooks';

const { handler } = await import(process.argv[2]);

/** A function that is frozen wakes up with the wall clock gone on and the monotonic one where it was. */
let asleepMs = 0;
const { getTime } = Date.prototype;
Date.prototype.getTime = function () {
  return getTime.call(this) + asleepMs;
};

process.on('message', ({ id, event, remainingMs, sleptMs }) => {
  asleepMs += sleptMs;
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
