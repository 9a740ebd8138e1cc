import { expect, test } from 'vitest';
import { userName, writeOut } from '../../src/cli/session.ts';

test('commands work where the user has a number and no name, as in a container that was given one', () => {
  const nameless = () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(userName(nameless)).toBe(`user ${process.getuid?.() ?? 'unknown'}`);
  expect(userName(() => ({ username: 'ann' }))).toBe('ann');
});

test('a file that cannot be written is said with what to do, as in a container whose root is read-only', async () => {
  await expect(writeOut('/dev/null/copy.json', '{}')).rejects.toThrow(
    "/dev/null/copy.json can't be written: ENOTDIR; name a file in a folder that Latchkey may write to",
  );
});
