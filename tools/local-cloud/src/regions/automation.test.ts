import { describe, expect, it } from 'vitest';
import type { FunctionNode, WorkflowNode } from '@nines/topology';
import { eventRule, topologyOf } from '../../test/region-nodes.ts';
import { createVirtualTime, paceOf } from '../../test/virtual-time.ts';
import { createAutomation } from './automation.ts';
import type { AutomationOptions } from './automation.ts';
import { FunctionNotRunnableError, loadFunction, metricsInLine } from './function-runner.ts';
import type { Datapoint } from './metrics.ts';

const workflow: WorkflowNode = {
  kind: 'workflow',
  id: 'b/TakeOver',
  type: 'AWS::StepFunctions::StateMachine',
  region: 'b',
  zones: [],
  defaulted: [],
  workflowType: 'STANDARD',
  definition: {
    StartAt: 'Call',
    States: { Call: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:a:call', Arguments: {} } },
  },
};

/** Looks twice, ten seconds apart, and says what it saw in the form of a metric. */
const CODE = `
const { resolveTxt } = require('node:dns/promises');
exports.handler = async () => {
  for (let look = 0; look < 2; look += 1) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, 10000));
    const { ok } = await fetch('https://' + process.env.OTHER + '/readyz', { signal: AbortSignal.timeout(3000) });
    const [[verdict]] = await resolveTxt('verdict');
    console.log('a line like any other');
    console.log(JSON.stringify({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions: [['Region']], Metrics: [{ Name: 'Lost' }] }] },
      Region: process.env.OTHER,
      Lost: !ok && verdict === 'lost' ? 1 : 0,
    }));
  }
};`;

const watch: FunctionNode = {
  kind: 'function',
  id: 'b/Watch',
  type: 'AWS::Lambda::Function',
  region: 'b',
  zones: [],
  defaulted: [],
  timeoutSeconds: 75,
  memoryMb: 128,
  environment: { OTHER: 'a.origin' },
  inlineCode: CODE,
};

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

function start(definitionOf?: AutomationOptions['definitionOf']) {
  const { clock, advance } = createVirtualTime();
  const log: string[] = [];
  const points: Datapoint[] = [];
  const automation = createAutomation({
    topology: topologyOf(
      workflow,
      watch,
      eventRule('b/Schedule', 'b', { everySeconds: 60, targets: ['b/Watch'] }),
      eventRule('b/Off', 'b', { enabled: false, everySeconds: 1, targets: ['b/TakeOver'] }),
      eventRule('b/Start', 'b', { alarms: ['b/Lost'], targets: ['b/TakeOver'] }),
    ),
    serviceOf: (region) => (call) => {
      log.push(`${call} in ${region} at ${String(clock.now())}`);
      return {};
    },
    ...(definitionOf === undefined ? {} : { definitionOf }),
    worldOf: () => ({
      fetch: () => Promise.resolve({ ok: false }),
      resolveTxt: () => ['lost'],
      put: (point) => points.push(point),
    }),
    pace: paceOf(1000),
    clock,
    onEvent: ({ message }) => log.push(message),
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      await turns();
      await advance(Math.min(1000, left));
    }
    await turns();
  };
  return { automation, log, points, pass };
}

describe('automation', () => {
  it('runs functions at their interval, and hands on the metrics in their log', async () => {
    const { automation, points, pass } = start();
    automation.start();
    await pass(65_000);
    const lost = { namespace: 'Shop', metricName: 'Lost', dimensions: { Region: 'a.origin' }, value: 1 };
    expect(points).toEqual([lost, lost, lost]);
    const closed = automation.close();
    await pass(1000);
    await closed;
  });

  it('starts the workflow that waits for an alarm, and for no other', async () => {
    const { automation, log, pass } = start();
    automation.alarmed('b/Other');
    automation.alarmed('b/Lost');
    await pass(1000);
    expect(log).toEqual([
      'workflow b/TakeOver is started',
      'a:call in b at 0',
      'workflow b/TakeOver succeeded',
    ]);
  });

  it('runs a workflow as it is deployed, where that is told', async () => {
    const Resource = 'arn:aws:states:::aws-sdk:b:other';
    const { automation, log } = start(() =>
      Promise.resolve({ StartAt: 'Other', States: { Other: { Type: 'Task', Resource, Arguments: {} } } }),
    );
    expect(await automation.run(workflow)).toEqual({ status: 'succeeded' });
    expect(log).toContain('b:other in b at 0');
  });

  it('calls a workflow failed when nobody can tell how it is deployed', async () => {
    const { automation, log } = start(() => Promise.reject(new Error('the region is gone')));
    expect(await automation.run(workflow)).toEqual({ status: 'failed', error: 'the region is gone' });
    expect(log).toEqual(['workflow b/TakeOver is started', 'workflow b/TakeOver failed: the region is gone']);
  });

  it('starts and says nothing in a region that is lost, until it is back', async () => {
    const { automation, log, points, pass } = start();
    automation.start();
    await pass(5_000);
    automation.loseRegion('b');
    automation.alarmed('b/Lost');
    await pass(120_000);
    expect([log, points.length]).toEqual([[], 1]);
    automation.restoreRegion('b');
    await pass(70_000);
    expect(points.length).toBeGreaterThan(1);
    const closed = automation.close();
    await pass(1000);
    await closed;
  });
});

describe('a function', () => {
  const world = () => {
    const { clock } = createVirtualTime();
    return {
      fetch: () => Promise.resolve({ ok: true }),
      resolveTxt: () => [],
      put: () => undefined,
      pace: paceOf(1000),
      clock,
      signal: new AbortController().signal,
    };
  };

  it.each([
    [undefined, 'the template does not hold the code of b/Watch'],
    ['exports.other = 1', 'b/Watch exports no handler'],
    ["require('node:fs')", 'b/Watch requires node:fs'],
  ])('with the code %j cannot be run here', (inlineCode, message) => {
    const others = Object.entries(watch).filter(([name]) => name !== 'inlineCode');
    const bare = Object.fromEntries(others) as unknown as FunctionNode;
    const node = inlineCode === undefined ? bare : { ...bare, inlineCode };
    expect(() => loadFunction(node, world())).toThrow(FunctionNotRunnableError);
    expect(() => loadFunction(node, world())).toThrow(message);
  });

  it.each(['', 'null', '{}', '{"_aws":{}}', 'START RequestId'])('says no metric by the line %j', (line) => {
    expect(metricsInLine(line)).toEqual([]);
  });
});
