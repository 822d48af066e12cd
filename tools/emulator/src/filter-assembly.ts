/**
 * A copy of a synthesized cloud assembly without what the emulator lacks. The original stays as it is; the copy is for
 * `cdk deploy --app <copy>` against the emulator and for nothing else.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stacksOfAssembly } from '@nines/topology';
import { filterTemplate } from './filter-template.ts';
import type { FilteredTemplate, Template } from './filter-template.ts';
import { LACKING } from './lacking-types.ts';
import type { Lacking } from './lacking-types.ts';

/** What one stack of the copy lacks. */
export interface FilteredStack extends Omit<FilteredTemplate, 'template'> {
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
}

export async function filterAssembly(options: FilterAssemblyOptions): Promise<FilteredStack[]> {
  const { assembly, copy, stacks, region = 'eu-west-1', lacking = LACKING } = options;
  await cp(assembly, copy, { recursive: true });
  const path = join(copy, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  const chosen = stacksOfAssembly(manifest).filter(({ artifactId }) => stacks.includes(artifactId));
  const filtered: FilteredStack[] = [];
  for (const { artifactId, stackName, templateFile, regionId } of chosen) {
    const file = join(copy, templateFile);
    const synthesized = JSON.parse(await readFile(file, 'utf8')) as Template;
    const { template, ...rest } = filterTemplate(synthesized, lacking, regionId ?? region);
    await writeFile(file, JSON.stringify(template));
    filtered.push({ stackName, resources: Object.keys(template.Resources).length, ...rest });
    const artifact = manifest.artifacts[artifactId];
    // A stack that may not be deleted could not be destroyed again; nobody loses anything in an emulator.
    if (artifact?.properties) artifact.properties.terminationProtection = false;
  }
  await writeFile(path, JSON.stringify(manifest));
  return filtered;
}

interface Manifest {
  readonly artifacts: Record<string, { properties?: { terminationProtection?: boolean } } | undefined>;
}
