import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/**
 * As on a disk that fails when a file is to get that name, until the test has ended.
 * @param isLate it has the name by then, as where the folder can't be written to the disk
 */
export function failsToRename(to: string, isLate = false): void {
  const { rename } = fs;
  const spied = vi.spyOn(fs, 'rename').mockImplementation(async (from, name) => {
    if (name === to && isLate) await rename(from, name);
    if (name === to) throw Object.assign(new Error('EIO: rename'), { code: 'EIO' });
    await rename(from, name);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spied.mockRestore();
    syncBuiltinESMExports();
  });
}
