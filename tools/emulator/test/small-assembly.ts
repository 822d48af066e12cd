/** A cloud assembly of one stack, as a synthesis would write it, without bootstrapping and without assets. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const SMALL_STACK = 'small';

export async function writeSmallAssembly(folder: string, template: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    version: '36.0.0',
    artifacts: {
      [SMALL_STACK]: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/unknown-region',
        properties: { templateFile: 'small.template.json', terminationProtection: true },
      },
    },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'small.template.json'), JSON.stringify(template));
  return folder;
}
