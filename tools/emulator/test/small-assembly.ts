/** A cloud assembly of one stack, as a synthesis would write it, without bootstrapping and without assets. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const SMALL_STACK = 'small';

export const writeSmallAssembly = (folder: string, template: object): Promise<string> =>
  writeAssembly(folder, { [SMALL_STACK]: template });

/** The same of several stacks, by their names and in this order. */
export async function writeAssembly(
  folder: string,
  templates: Readonly<Record<string, object>>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const artifacts = Object.keys(templates).map((stack) => [
    stack,
    {
      type: 'aws:cloudformation:stack',
      environment: 'aws://unknown-account/unknown-region',
      properties: { templateFile: `${stack}.template.json`, terminationProtection: true },
    },
  ]);
  const manifest = { version: '36.0.0', artifacts: Object.fromEntries(artifacts) as object };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  for (const [stack, template] of Object.entries(templates))
    await writeFile(join(folder, `${stack}.template.json`), JSON.stringify(template));
  return folder;
}
