/**
 * Vitest's global setup: temporary files of the tests go into memory, where this machine has room for them there. A database waits for
 * the disk at every commit, milliseconds each, and no test pulls the plug. PostgreSQL copies a database as a thousand files, which
 * takes fifteen times as much processor time on a disk. What was set up before stays on the disk.
 */
import { access, chmod, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** In memory on Linux. */
const MEMORY = '/dev/shm';
/** Several times what the tests have there at one moment; containers often have 64 MiB. */
const ENOUGH_BYTES = 2 * 1024 ** 3;

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (!(await hasRoom())) return undefined;
  const folder = await mkdtemp(join(MEMORY, 'latchkey-tests-'));
  await chmod(folder, 0o755); // Where we are root, tests' servers may run as another user.
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder; // Workers inherit it.
  return async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  };
}

async function hasRoom(): Promise<boolean> {
  try {
    await access(MEMORY);
    const [{ bavail, bsize }, mounts] = await Promise.all([
      statfs(MEMORY),
      readFile('/proc/mounts', 'utf8'),
    ]);
    const options = mounts.split('\n').find((line) => line.split(' ')[1] === MEMORY);
    // Tests run programs from there.
    return bavail * bsize >= ENOUGH_BYTES && options !== undefined && !/\bnoexec\b/.test(options);
  } catch {
    return false;
  }
}
