import { mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addLibraries } from '../src/add-libraries.ts';
import type { AddOptions } from '../src/add-libraries.ts';
import { nodeFileSystem } from '../src/file-system.ts';
import { writeFiles } from '../src/write-files.ts';
import {
  ALPHA,
  ALPHA_TEST,
  BETA,
  BETA_MEMORY,
  BETA_MEMORY_TEST,
  cleanCheckout,
  COMMIT,
  createCheckout,
  watchedFileSystem,
} from './nines-checkout.ts';
import type { Checkout } from './nines-checkout.ts';

const add = (checkout: Checkout, libraries: readonly string[], options: Partial<AddOptions> = {}) =>
  addLibraries({
    root: checkout.root,
    libraries,
    to: checkout.project,
    provenance: cleanCheckout,
    ...options,
  });

const code = (value: string) => expect.objectContaining({ code: value }) as unknown;

const lockOf = (checkout: Checkout) =>
  JSON.parse(readFileSync(join(checkout.project, 'nines.lock.json'), 'utf8')) as {
    files: Record<string, Record<string, unknown>>;
  };

/** `printf 'export const alpha = 1;\n' | sha256sum` */
const ALPHA_SHA256 = '2f2d8ab6453896290e40a007f1df961cc6004062c86a0a1e6480e8ce201a58aa';

describe('what is copied', () => {
  test('a library comes byte for byte, without its test', () => {
    using checkout = createCheckout();
    const { files, refusals } = add(checkout, ['alpha']);
    expect(files).toEqual([{ name: 'alpha.ts', action: 'create' }]);
    expect(refusals).toEqual([]);
    expect(Object.keys(checkout.tree())).toEqual(['alpha.ts', 'nines.lock.json']);
    expect(checkout.tree()['alpha.ts']).toBe(ALPHA);
  });

  test('several come in one call, each under its own name', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha', 'beta-memory']);
    expect(Object.keys(checkout.tree())).toEqual(['alpha.ts', 'beta-memory.ts', 'nines.lock.json']);
  });

  test('a test brings the libraries that it imports, and says which packages it needs', () => {
    using checkout = createCheckout();
    const result = add(checkout, ['beta-memory'], { withTest: true });
    expect(checkout.tree()).toMatchObject({
      'beta.ts': BETA,
      'beta-memory.ts': BETA_MEMORY,
      'beta-memory.test.ts': BETA_MEMORY_TEST,
    });
    expect(result.testPackages).toEqual(['fast-check', 'vitest']);
    expect(result.withoutTest).toEqual(['beta']);
  });

  test("a test's imports end as the project around it accepts", () => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, 'tsconfig.json'), '{ "compilerOptions": {} } // strict\n');
    add(checkout, ['alpha'], { withTest: true, to: join(checkout.project, 'src') });
    expect(checkout.tree()['src/alpha.test.ts']).toContain("from './alpha.js';");
    expect(checkout.tree()['src/alpha.test.ts']).toContain("from 'vitest';");
    const allowed = '{ "compilerOptions": { "noEmit": true, "allowImportingTsExtensions": true } }';
    writeFileSync(join(checkout.project, 'tsconfig.json'), allowed);
    add(checkout, ['alpha'], { withTest: true, to: join(checkout.project, 'src') });
    expect(checkout.tree()['src/alpha.test.ts']).toBe(ALPHA_TEST);
  });

  test('the ending that is asked for is taken, whatever the project says', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha'], { withTest: true, imports: 'js' });
    expect(checkout.tree()['alpha.test.ts']).toContain("from './alpha.js';");
  });

  test('what was copied is recorded with its version, commit and hash', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha']);
    expect(lockOf(checkout)).toEqual({
      lockVersion: 1,
      files: {
        'alpha.ts': {
          library: 'alpha',
          package: '@nines/alpha',
          version: '1.2.0',
          commit: COMMIT,
          source: 'libs/resilience/alpha/src/alpha.ts',
          sourceSha256: ALPHA_SHA256,
          copySha256: ALPHA_SHA256,
        },
      },
    });
  });

  test('copying again changes nothing, not even the record when the commit is another', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha', 'beta']);
    const before = checkout.tree();
    const { files } = add(checkout, ['alpha'], {
      provenance: { ...cleanCheckout, commitOf: () => 'f'.repeat(40) },
    });
    expect(files).toEqual([{ name: 'alpha.ts', action: 'keep' }]);
    expect(checkout.tree()).toEqual(before);
  });

  test('a library that moved on here replaces a copy that nobody changed', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha', 'beta']);
    checkout.change('alpha/src/alpha.ts', 'export const alpha = 10;\n');
    const { files } = add(checkout, ['alpha']);
    expect(files).toEqual([{ name: 'alpha.ts', action: 'update' }]);
    expect(checkout.tree()).toMatchObject({ 'alpha.ts': 'export const alpha = 10;\n', 'beta.ts': BETA });
    expect(Object.keys(lockOf(checkout).files)).toEqual(['alpha.ts', 'beta.ts']);
    expect(Object.keys(checkout.tree())).toEqual(['alpha.ts', 'beta.ts', 'nines.lock.json']);
  });

  test('a file that was copied by hand and is as ours is taken into the record', () => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, 'alpha.ts'), ALPHA);
    expect(add(checkout, ['alpha']).files).toEqual([{ name: 'alpha.ts', action: 'keep' }]);
    expect(Object.keys(lockOf(checkout).files)).toEqual(['alpha.ts']);
  });
});

describe('the target', () => {
  test('is made when only its last part is missing', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha'], { to: join(checkout.project, 'resilience') });
    expect(checkout.tree()).toMatchObject({ 'resilience/alpha.ts': ALPHA });
  });

  test('is not made when more than that is missing', () => {
    using checkout = createCheckout();
    expect(() => add(checkout, ['alpha'], { to: join(checkout.project, 'scr/resilience') })).toThrow(
      code('target-missing'),
    );
    expect(checkout.tree()).toEqual({});
  });

  test('may be named by a link, which is resolved once', () => {
    using checkout = createCheckout();
    mkdirSync(join(checkout.project, 'src'));
    symlinkSync('src', join(checkout.project, 'link'));
    const { target } = add(checkout, ['alpha'], { to: join(checkout.project, 'link') });
    expect(target).toBe(join(realpathSync(checkout.project), 'src'));
    expect(checkout.tree()).toMatchObject({ 'src/alpha.ts': ALPHA });
  });

  const unusable: readonly [string, string, (checkout: Checkout) => string][] = [
    [
      'a file',
      'target-not-a-folder',
      ({ project }) => {
        writeFileSync(join(project, 'file'), '');
        return join(project, 'file');
      },
    ],
    [
      'a name inside a file',
      'target-not-a-folder',
      ({ project }) => {
        writeFileSync(join(project, 'file'), '');
        return join(project, 'file/src');
      },
    ],
    [
      'a link to a file',
      'target-not-a-folder',
      ({ project }) => {
        writeFileSync(join(project, 'file'), '');
        symlinkSync('file', join(project, 'link'));
        return join(project, 'link');
      },
    ],
    [
      'a link that leads nowhere',
      'target-not-a-folder',
      ({ project }) => {
        symlinkSync('nowhere', join(project, 'link'));
        return join(project, 'link');
      },
    ],
    ['the checkout itself', 'target-inside-nines', ({ root }) => root],
    ['a new folder in the checkout', 'target-inside-nines', ({ root }) => join(root, 'libs/mine')],
    [
      'a link into the checkout',
      'target-inside-nines',
      ({ root, project }) => {
        symlinkSync(join(root, 'libs/resilience/alpha/src'), join(project, 'link'));
        return join(project, 'link');
      },
    ],
    [
      'a way into the checkout over ..',
      'target-inside-nines',
      ({ project }) => join(project, '..', 'nines', 'libs', '..', 'libs'),
    ],
  ];
  test.each(unusable)('is refused when it is %s', (_, expected, make) => {
    using checkout = createCheckout();
    const to = make(checkout);
    const before = checkout.tree();
    expect(() => add(checkout, ['alpha'], { to })).toThrow(code(expected));
    expect(checkout.tree()).toEqual(before);
  });

  test('may have a name that only begins like the checkout', () => {
    using checkout = createCheckout();
    add(checkout, ['alpha'], { to: `${checkout.root}-app` });
    expect(readFileSync(`${checkout.root}-app/alpha.ts`, 'utf8')).toBe(ALPHA);
  });
});

test('the folder around the checkout is a target like any other', () => {
  using checkout = createCheckout();
  add(checkout, ['alpha'], { to: join(checkout.root, '..') });
  expect(readFileSync(join(checkout.root, '../alpha.ts'), 'utf8')).toBe(ALPHA);
});

describe('what is refused', () => {
  const obstacles: readonly [string, string, (project: string) => void][] = [
    [
      'a file that was changed',
      'changed-there',
      (project) => {
        writeFileSync(join(project, 'beta.ts'), '// mine\n');
      },
    ],
    [
      'a link to a file inside',
      'is-a-link',
      (project) => {
        renameSync(join(project, 'beta.ts'), join(project, 'elsewhere.ts'));
        symlinkSync('elsewhere.ts', join(project, 'beta.ts'));
      },
    ],
    [
      'a link that leads out',
      'is-a-link',
      (project) => {
        renameSync(join(project, 'beta.ts'), join(project, '../outside.ts'));
        symlinkSync('../outside.ts', join(project, 'beta.ts'));
      },
    ],
    [
      'a folder',
      'is-no-file',
      (project) => {
        renameSync(join(project, 'beta.ts'), join(project, 'gone.ts'));
        mkdirSync(join(project, 'beta.ts'));
      },
    ],
    [
      'a file of the same name in another case',
      'differs-in-case-only',
      (project) => {
        renameSync(join(project, 'beta.ts'), join(project, 'Beta.ts'));
      },
    ],
  ];
  test.each(obstacles)('%s, and nothing else is written then', (_, reason, obstruct) => {
    using checkout = createCheckout();
    add(checkout, ['beta']);
    obstruct(checkout.project);
    checkout.change('beta/src/beta.ts', 'export const beta = 20;\n');
    const before = checkout.tree();
    const { refusals } = add(checkout, ['alpha', 'beta']);
    expect(refusals).toMatchObject([{ name: 'beta.ts', reason }]);
    expect(checkout.tree()).toEqual(before);
  });

  test('a file of that name that was never copied from here', () => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, 'alpha.ts'), '// mine\n');
    expect(add(checkout, ['alpha']).refusals).toMatchObject([{ name: 'alpha.ts', reason: 'not-from-nines' }]);
    expect(checkout.tree()).toEqual({ 'alpha.ts': '// mine\n' });
  });

  test('a record that is a link', () => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, '../outside.json'), '{"lockVersion":1,"files":{}}');
    symlinkSync('../outside.json', join(checkout.project, 'nines.lock.json'));
    expect(add(checkout, ['alpha']).refusals).toMatchObject([
      { name: 'nines.lock.json', reason: 'is-a-link' },
    ]);
    expect(readFileSync(join(checkout.project, '../outside.json'), 'utf8')).toBe(
      '{"lockVersion":1,"files":{}}',
    );
  });

  test.each(['gamma', '../alpha', 'alpha.ts', 'Alpha', '__proto__', '', '/etc/passwd'])(
    'a library named %j',
    (name) => {
      using checkout = createCheckout();
      expect(() => add(checkout, ['alpha', name])).toThrow(code('library-unknown'));
      expect(checkout.tree()).toEqual({});
    },
  );

  const entry = {
    library: 'alpha',
    package: 'p',
    version: '1',
    commit: null,
    source: 's',
    sourceSha256: ALPHA_SHA256,
    copySha256: ALPHA_SHA256,
  };
  const locks: readonly [string, string][] = [
    ['that is cut off', '{"lockVersion":1,'],
    ['that is a list', '[]'],
    ['of another version', '{"lockVersion":2,"files":{}}'],
    ['that names a file elsewhere', JSON.stringify({ lockVersion: 1, files: { '../../outside.ts': entry } })],
    ['that names a hidden property', '{"lockVersion":1,"files":{"__proto__":{}}}'],
    [
      'with an entry without a hash',
      JSON.stringify({ lockVersion: 1, files: { 'alpha.ts': { ...entry, copySha256: 'x' } } }),
    ],
    [
      'with a commit that is an option of git',
      JSON.stringify({ lockVersion: 1, files: { 'alpha.ts': { ...entry, commit: '--output=x' } } }),
    ],
  ];
  test.each(locks)('a record %s', (_, text) => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, 'nines.lock.json'), text);
    expect(() => add(checkout, ['alpha'])).toThrow(code('lock-unreadable'));
    expect(checkout.tree()).toEqual({ 'nines.lock.json': text });
  });
});

describe('all or nothing', () => {
  /** A project with one library that is up to date, one to be replaced, and one to come. */
  function prepare(): Checkout {
    const checkout = createCheckout();
    add(checkout, ['alpha', 'beta']);
    checkout.change('alpha/src/alpha.ts', 'export const alpha = 10;\n');
    return checkout;
  }
  const wanted = ['alpha', 'beta', 'beta-memory'];
  const complete = {
    'alpha.ts': 'export const alpha = 10;\n',
    'beta.ts': BETA,
    'beta-memory.ts': BETA_MEMORY,
  };

  /** How many calls a copy makes, found by making one. */
  function countCalls(): number {
    using checkout = prepare();
    let calls = 0;
    add(checkout, wanted, { fs: watchedFileSystem((call) => (calls = call)) });
    expect(checkout.tree()).toMatchObject(complete);
    return calls;
  }
  const calls = countCalls();

  test('whichever call to the file system fails, the project is as it was, or the copy is complete', () => {
    const ends = new Map<string, number>();
    for (let failing = 1; failing <= calls; failing += 1) {
      using checkout = prepare();
      const before = checkout.tree();
      let end = 'complete';
      try {
        add(checkout, wanted, {
          fs: watchedFileSystem((call) => {
            if (call === failing) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
          }),
        });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
        end = 'as before';
      }
      if (end === 'complete') expect(checkout.tree()).toMatchObject(complete);
      else expect({ failing, tree: checkout.tree() }).toEqual({ failing, tree: before });
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    // Both ends occur: the failures before the last file took its place, and those while clearing up.
    expect(ends.get('as before')).toBeGreaterThan(20);
    expect(ends.get('complete')).toBeGreaterThan(0);
  });

  test('a folder that was made for the copy goes when the copy fails', () => {
    for (const failing of ['openSync', 'writeSync', 'fsyncSync', 'linkSync']) {
      using checkout = createCheckout();
      const fs = watchedFileSystem((_, name) => {
        if (name === failing) throw new Error('disk full');
      });
      expect(() => add(checkout, ['alpha'], { fs, to: join(checkout.project, 'src') })).toThrow('disk full');
      expect(checkout.tree()).toEqual({});
    }
  });

  const writers: readonly [string, (path: string) => void][] = [
    [
      'written over',
      (path) => {
        writeFileSync(path, '// theirs\n');
      },
    ],
    [
      'replaced by another',
      (path) => {
        writeFileSync(`${path}.theirs`, '// theirs\n');
        renameSync(`${path}.theirs`, path);
      },
    ],
  ];
  describe.each(writers)('a file that is %s by somebody else meanwhile', (_, writeTheirs) => {
    test.each(['alpha.ts', 'beta-memory.ts'])('keeps their content, whenever that happens to %s', (name) => {
      let refused = 0;
      for (let moment = 1; moment <= calls; moment += 1) {
        using checkout = prepare();
        const before = checkout.tree();
        try {
          const { refusals } = add(checkout, wanted, {
            fs: watchedFileSystem((call) => {
              if (call === moment) writeTheirs(join(checkout.project, name));
            }),
          });
          refused += refusals.length;
        } catch (error) {
          expect(error).toMatchObject({ code: 'target-changed' });
          refused += 1;
          expect({ moment, tree: checkout.tree() }).toEqual({
            moment,
            tree: { ...before, [name]: '// theirs\n' },
          });
        }
        expect({ moment, content: checkout.tree()[name] }).toEqual({ moment, content: '// theirs\n' });
      }
      expect(refused).toBeGreaterThan(20);
    });
  });

  test('a target that becomes a link meanwhile is not followed', () => {
    using checkout = createCheckout();
    const src = join(checkout.project, 'src');
    mkdirSync(src);
    mkdirSync(join(checkout.project, 'outside'));
    const fs = watchedFileSystem((_, name) => {
      if (name !== 'readdirSync') return;
      renameSync(src, join(checkout.project, 'moved'));
      symlinkSync('outside', src);
    });
    expect(() => add(checkout, ['alpha'], { fs, to: src })).toThrow(code('target-changed'));
    expect(Object.keys(checkout.tree())).toEqual(['moved/', 'outside/', 'src/']);
  });

  test('a link that waits under the name of a file being written is not followed', () => {
    using checkout = createCheckout();
    writeFileSync(join(checkout.project, '../outside.ts'), '// theirs\n');
    symlinkSync('../outside.ts', join(checkout.project, '.nines-known-0-new'));
    const files = [{ name: 'alpha.ts', content: ALPHA, expectedSha256: undefined }];
    const options = { fs: nodeFileSystem, folder: checkout.project, exists: true, unique: 'known' };
    expect(() => {
      writeFiles(files, options);
    }).toThrow(code('EEXIST'));
    expect(readFileSync(join(checkout.project, '../outside.ts'), 'utf8')).toBe('// theirs\n');
    expect(Object.keys(checkout.tree())).not.toContain('alpha.ts');
  });
});
