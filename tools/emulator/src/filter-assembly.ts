/**
 * A copy of a synthesized cloud assembly without what the emulator lacks. The original stays as it is; the copy is for
 * `cdk deploy --app <copy>` against the emulator and for nothing else.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stacksOfAssembly } from '@nines/topology';
import { filterTemplate } from './filter-template.ts';
import type { AbsentOutputs, FilteredTemplate, Template } from './filter-template.ts';
import { LACKING } from './lacking-types.ts';
import type { Lacking } from './lacking-types.ts';

/** What one stack of the copy lacks. */
export interface FilteredStack extends Omit<FilteredTemplate, 'template' | 'outputStandIns'> {
  readonly stackName: string;
  /** Resources that are left. */
  readonly resources: number;
}

export interface FilterAssemblyOptions {
  /** Folder of the synthesized assembly. */
  readonly assembly: string;
  /** Folder of the copy, which is made or overwritten. */
  readonly copy: string;
  /** Artifact ids of the stacks that are to be deployed; only they are filtered. */
  readonly stacks: readonly string[];
  /** Where stacks go that name no region. @default eu-west-1 */
  readonly region?: string;
  /** @default what MiniStack lacks */
  readonly lacking?: Lacking;
  /**
   * Values of the deployment that only the emulator could give, by what was synthesized in their place: the id of a
   * hosted zone, which every account makes for itself.
   *
   * @default none
   */
  readonly given?: Readonly<Record<string, string>>;
}

export async function filterAssembly(options: FilterAssemblyOptions): Promise<FilteredStack[]> {
  const { assembly, copy, stacks, region = 'eu-west-1', lacking = LACKING, given = {} } = options;
  await cp(assembly, copy, { recursive: true });
  const path = join(copy, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  const chosen = stacksOfAssembly(manifest).filter(({ artifactId }) => stacks.includes(artifactId));
  const synthesized = await Promise.all(
    chosen.map(async (stack) => {
      const template = JSON.parse(await readFile(join(copy, stack.templateFile), 'utf8')) as Template;
      return { ...stack, regionId: stack.regionId ?? region, template };
    }),
  );
  const filtered: FilteredStack[] = [];
  for (const { stack, result } of filterTogether(synthesized, lacking)) {
    const { template, leftOut, droppedOutputs, replaced, droppedUpdatePolicies } = result;
    const { artifactId, stackName, templateFile } = stack;
    await writeFile(join(copy, templateFile), withGiven(JSON.stringify(template), given));
    const resources = Object.keys(template.Resources).length;
    filtered.push({ stackName, resources, leftOut, droppedOutputs, replaced, droppedUpdatePolicies });
    const artifact = manifest.artifacts[artifactId];
    // A stack that may not be deleted could not be destroyed again; nobody loses anything in an emulator.
    if (artifact?.properties) artifact.properties.terminationProtection = false;
  }
  await writeFile(path, JSON.stringify(manifest));
  return filtered;
}

interface SynthesizedStack {
  readonly stackName: string;
  readonly regionId: string;
  readonly template: Template;
}

/** What one stack tells no more another may ask for, and so be told of in turn: until nothing more is dropped. */
function filterTogether<Stack extends SynthesizedStack>(stacks: readonly Stack[], lacking: Lacking) {
  let absent: AbsentOutputs = new Map();
  for (;;) {
    const filtered = stacks.map((stack) => ({
      stack,
      result: filterTemplate(stack.template, lacking, stack.regionId, absent),
    }));
    const dropped: AbsentOutputs = new Map(
      filtered.flatMap(({ stack: { stackName }, result: { droppedOutputs, outputStandIns } }) =>
        droppedOutputs.map((name) => [`${stackName}.${name}`, outputStandIns[name]] as const),
      ),
    );
    if (dropped.size === absent.size) return filtered;
    absent = dropped;
  }
}

const withGiven = (text: string, given: Readonly<Record<string, string>>): string =>
  Object.entries(given).reduce((so, [synthesized, value]) => so.replaceAll(synthesized, value), text);

interface Manifest {
  readonly artifacts: Record<string, { properties?: { terminationProtection?: boolean } } | undefined>;
}
