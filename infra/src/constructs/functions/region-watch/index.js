/* global AbortSignal, console, exports, fetch, process, require, setTimeout -- the runtime of Lambda: Node, CommonJS */
// Looks at another region for a minute, every ten seconds, and says as a metric whether it is lost: it does not answer
// here, and Route 53's checkers around the world, whose verdict is asked for by DNS, do not reach it either. One of the
// two alone means that the way there is broken and not the region, and taking over would make two writers.
const { resolveTxt } = require('node:dns/promises');

const { OTHER_REGION, READINESS_URL, VERDICT_NAME, METRIC_NAMESPACE, OWN_REGION } = process.env;
const LOOKS = 6;
const INTERVAL_MS = 10_000;
const TIME_LIMIT_MS = 3_000;

async function answers() {
  try {
    const { ok } = await fetch(READINESS_URL, { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
    return ok;
  } catch {
    return false;
  }
}

async function isFoundLost() {
  try {
    return (await resolveTxt(VERDICT_NAME)).flat().includes('lost');
  } catch {
    // Without a verdict nobody has found it lost.
    return false;
  }
}

// Published by its form alone (embedded metric format), so that the function needs no permission and no library.
function say(lost) {
  console.log(
    JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          {
            Namespace: METRIC_NAMESPACE,
            Dimensions: [['Region', 'SeenFrom']],
            Metrics: [{ Name: 'Lost', StorageResolution: 1 }],
          },
        ],
      },
      Region: OTHER_REGION,
      SeenFrom: OWN_REGION,
      Lost: lost ? 1 : 0,
    }),
  );
}

exports.handler = async () => {
  const beganAt = Date.now();
  for (let look = 0; look < LOOKS; look += 1) {
    // On the beat, however long the last look took: an alarm that wants a look in each period would miss one else.
    const dueInMs = beganAt + look * INTERVAL_MS - Date.now();
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, dueInMs));
    const [isAnswering, isLost] = await Promise.all([answers(), isFoundLost()]);
    say(!isAnswering && isLost);
  }
};
