import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { writtenFiles } from './files.ts';

const run = promisify(execFile);

test('the reader of the output may stop early', async () => {
  const manifest = { execute: [{ url: 'https://api.example.com/', method: 'GET' }] };
  const files = await writtenFiles({ manifest });
  // `true` reads nothing and is gone before anything is printed; the status is that of latchkey.
  const pipe = '"$0" dist/src/cli/latchkey.js check "$1" "$1" | true; exit "${PIPESTATUS[0]}"';
  const { stderr } = await run('bash', ['-c', pipe, process.execPath, files.manifest]);
  expect(stderr).toBe('');
});

test('a command whose output does not fit on the disk works on, and says that in its status', async () => {
  const manifest = { execute: [{ url: 'https://api.example.com/', method: 'GET' }] };
  const files = await writtenFiles({ manifest });
  const shell = '"$0" dist/src/cli/latchkey.js check "$1" "$1" > /dev/full';
  const ended = run('bash', ['-c', shell, process.execPath, files.manifest]);
  await expect(ended).rejects.toMatchObject({
    code: 1,
    stderr: "Error: what this command says can't be written (ENOSPC)\n",
  });
});

test('help that can not be written says so, too', async () => {
  const shell = '"$0" dist/src/cli/latchkey.js --help > /dev/full';
  await expect(run('bash', ['-c', shell, process.execPath])).rejects.toMatchObject({ code: 1 });
});
