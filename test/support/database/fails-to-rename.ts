import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/** As on a disk that fails when a file is to get that name, until the test has ended. */
export function failsToRename(to: string): void {
  const { rename } = fs;
  const spied = vi.spyOn(fs, 'rename').mockImplementation(async (from, name) => {
    if (name === to) throw Object.assign(new Error('EIO: rename'), { code: 'EIO' });
    await rename(from, name);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spied.mockRestore();
    syncBuiltinESMExports();
  });
}
