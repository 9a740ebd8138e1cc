const OF_A_FULL_DISK: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Why a file can't be written, after its name. @param error the file system's @param cure for any but a full disk */
export function whyUnwritable(error: unknown, cure: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : 'unknown reason';
  return `can't be written (${String(code)}); ${OF_A_FULL_DISK.has(code) ? 'its disk is full: free some room, and try again' : cure}`;
}
