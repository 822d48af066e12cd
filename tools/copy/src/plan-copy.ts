/**
 * Decides, from what lies in the target and what is to lie there, what happens to each file. Pure: the target is
 * read before and written after.
 */
import { LOCK_FILE, sha256 } from './lock-file.ts';
import type { Lock, LockedFile } from './lock-file.ts';

/** One entry of the target folder. */
export interface TargetEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** SHA-256 of a file's content, in hex. */
  readonly sha256?: string;
}

export interface WantedFile {
  readonly name: string;
  readonly content: string;
  readonly record: LockedFile;
}

export type RefusalReason =
  'changed-there' | 'not-from-nines' | 'is-a-link' | 'is-no-file' | 'differs-in-case-only';

export interface PlannedFile {
  readonly name: string;
  readonly action: 'create' | 'update' | 'keep';
  readonly wanted: WantedFile;
  /** What lies there now and is to be replaced; undefined for a new file. */
  readonly expectedSha256: string | undefined;
}

export interface Refusal {
  readonly name: string;
  readonly reason: RefusalReason;
  readonly message: string;
}

export interface CopyPlan {
  readonly files: readonly PlannedFile[];
  /** Nothing is written when there is one. */
  readonly refusals: readonly Refusal[];
}

const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  'changed-there': 'was changed there since it was copied; see --diff, and move your copy away to take ours',
  'not-from-nines': 'is there already and was not copied from here; move it away to take ours',
  'is-a-link': 'is a link, and links are not followed; replace it by a file, or copy elsewhere',
  'is-no-file': 'is there and is not a file',
  'differs-in-case-only':
    'is there in another case, which is the same file on many systems; rename that one first',
};

const refusal = (name: string, reason: RefusalReason): Refusal => ({
  name,
  reason,
  message: `${name} ${MESSAGES[reason]}.`,
});

/** Why a name cannot be written, whatever its content. */
function obstacleAt(name: string, entries: readonly TargetEntry[]): RefusalReason | undefined {
  const there = entries.find((entry) => entry.name === name);
  if (there?.kind === 'link') return 'is-a-link';
  if (there && there.kind !== 'file') return 'is-no-file';
  const folded = name.toLowerCase();
  if (entries.some((entry) => entry.name !== name && entry.name.toLowerCase() === folded)) {
    return 'differs-in-case-only';
  }
  return undefined;
}

function planFile(wanted: WantedFile, there: string | undefined, locked: LockedFile | undefined) {
  const planned = { name: wanted.name, wanted, expectedSha256: there };
  if (there === undefined) return { ...planned, action: 'create' } as const;
  if (there === sha256(wanted.content)) return { ...planned, action: 'keep' } as const;
  if (!locked) return refusal(wanted.name, 'not-from-nines');
  if (there !== locked.copySha256) return refusal(wanted.name, 'changed-there');
  return { ...planned, action: 'update' } as const;
}

/**
 * A file that is not there is created, one that is as it was copied is brought up to date, one that is already as it
 * is here is kept; everything else is refused.
 */
export function planCopy(
  wanted: readonly WantedFile[],
  entries: readonly TargetEntry[],
  lock: Lock,
): CopyPlan {
  const lockObstacle = obstacleAt(LOCK_FILE, entries);
  const files: PlannedFile[] = [];
  const refusals: Refusal[] = lockObstacle ? [refusal(LOCK_FILE, lockObstacle)] : [];
  for (const file of wanted) {
    const obstacle = obstacleAt(file.name, entries);
    const there = entries.find((entry) => entry.name === file.name)?.sha256;
    const planned = obstacle ? refusal(file.name, obstacle) : planFile(file, there, lock[file.name]);
    if ('action' in planned) files.push(planned);
    else refusals.push(planned);
  }
  return { files, refusals };
}
