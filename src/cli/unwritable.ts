import { codeOf } from '../core/error-code.ts';

/** What no other name in the same place helps against. */
const OF_THE_DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full: free some room, and try again',
  EDQUOT: 'its disk is full for this user: free some room, and try again',
  EROFS: 'its disk is read-only: name a place on another one',
};

/** Why a file can't be written, after its name. @param error the file system's @param cure where the disk is fine */
export function whyUnwritable(error: unknown, cure: string): string {
  const code = codeOf(error) ?? 'unknown reason';
  return `can't be written (${code}); ${OF_THE_DISK[code] ?? cure}`;
}
