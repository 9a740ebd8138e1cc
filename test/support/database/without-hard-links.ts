import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/**
 * As on a disk with exFAT, until the test has ended.
 * @param copied what happens when a file has been copied in place of a link
 * @returns the names that files lost to others
 */
export function withoutHardLinks(copied: () => Promise<unknown> = async () => {}): {
  readonly renamed: () => readonly unknown[];
} {
  const refused = Object.assign(new Error('EPERM: link'), { code: 'EPERM' });
  const { writeFile } = fs;
  let isLink = false;
  const link = vi.spyOn(fs, 'link').mockImplementation(async () => {
    isLink = true;
    throw refused;
  });
  const write = vi.spyOn(fs, 'writeFile').mockImplementation(async (...written) => {
    await writeFile(...written);
    if (isLink) await copied();
  });
  const rename = vi.spyOn(fs, 'rename');
  syncBuiltinESMExports();
  onTestFinished(() => {
    for (const spied of [link, write, rename]) spied.mockRestore();
    syncBuiltinESMExports();
  });
  return { renamed: () => rename.mock.calls.map(([from]) => from) };
}
