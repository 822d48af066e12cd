import { expect, it } from 'vitest';
import { writesDuty } from './serverless-regions.ts';

const PUT = 'arn:aws:states:::aws-sdk:ssm:putParameter';
const workflow = (Resource: string, Value: string) => ({
  definition: {
    States: { First: { Type: 'Wait' }, Write: { Type: 'Task', Resource, Arguments: { Value } } },
  },
});

it('tells a workflow that puts a region on duty from one that takes it off, by what they write down', () => {
  expect([writesDuty(workflow(PUT, 'yes'), 'yes'), writesDuty(workflow(PUT, 'no'), 'yes')]).toEqual([
    true,
    false,
  ]);
  expect([writesDuty(workflow(PUT, 'yes'), 'no'), writesDuty(workflow(PUT, 'no'), 'no')]).toEqual([
    false,
    true,
  ]);
});

it('takes no workflow for either that writes nothing down', () => {
  expect(writesDuty(workflow('arn:aws:states:::aws-sdk:ssm:getParameter', 'yes'), 'yes')).toBe(false);
  expect(writesDuty({ definition: {} }, 'yes')).toBe(false);
});
