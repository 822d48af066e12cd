import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeAssembly } from '../test/small-assembly.ts';
import { filterAssembly } from './filter-assembly.ts';
import type { Lacking } from './lacking-types.ts';

const LACKING: Lacking = {
  types: [{ type: 'X::Gone', how: 'refused', why: 'nothing of it' }],
  attributes: [],
};
const output = (StackName: string) => ({ 'Fn::GetStackOutput': { StackName, OutputName: 'Out' } });
const kept = (properties: object = {}) => ({ Type: 'X::Kept', Properties: properties });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nines-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('leaves out what asks for an output that another stack has lost, whichever stack comes first', async () => {
  const templates = {
    'a-last': { Resources: { A: kept({ Of: output('b-middle') }), B: kept() } },
    'b-middle': {
      Resources: { A: kept({ Of: output('c-first') }) },
      Outputs: { Out: { Value: { Ref: 'A' } } },
    },
    'c-first': { Resources: { A: { Type: 'X::Gone' } }, Outputs: { Out: { Value: { Ref: 'A' } } } },
  };
  const assembly = await writeAssembly(join(folder, 'original'), templates);
  const copy = join(folder, 'copy');
  const stacks = Object.keys(templates);
  const filtered = await filterAssembly({ assembly, copy, stacks, lacking: LACKING });
  expect(
    filtered.map(({ stackName, resources, droppedOutputs }) => [stackName, resources, droppedOutputs]),
  ).toEqual([
    ['a-last', 1, []],
    ['b-middle', 0, ['Out']],
    ['c-first', 0, ['Out']],
  ]);
  const read = async (of: string) =>
    JSON.parse(await readFile(join(of, 'a-last.template.json'), 'utf8')) as unknown;
  expect(await read(copy)).toEqual({ Resources: { B: kept() } });
  expect(await read(assembly)).toEqual(templates['a-last']);
});
