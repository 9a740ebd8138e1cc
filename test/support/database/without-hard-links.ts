import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/** As on a disk with exFAT, until the test has ended. @returns the names that files lost to others */
export function withoutHardLinks(): { readonly renamed: () => readonly unknown[] } {
  const refused = Object.assign(new Error('EPERM: link'), { code: 'EPERM' });
  const link = vi.spyOn(fs, 'link').mockRejectedValue(refused);
  const rename = vi.spyOn(fs, 'rename');
  syncBuiltinESMExports();
  onTestFinished(() => {
    link.mockRestore();
    rename.mockRestore();
    syncBuiltinESMExports();
  });
  return { renamed: () => rename.mock.calls.map(([from]) => from) };
}
