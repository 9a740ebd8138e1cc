import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { calledAs } from '../../src/cli/called-as.ts';

const BY_NPX = { npm_command: 'exec', npm_lifecycle_event: 'npx' };

test.each([
  ['by npx', BY_NPX, 'npx latchkey'],
  [
    'in a clone',
    { npm_command: 'run-script', npm_lifecycle_event: 'latchkey' },
    'npm run -s latchkey --',
  ],
  [
    'by the demo of a clone',
    { npm_command: 'run-script', npm_lifecycle_event: 'demo' },
    'npm run -s latchkey --',
  ],
  ['by its name, as in a container', {}, 'latchkey'],
])('commands to copy are as this one was called: %s', (_, environment, command) => {
  expect(calledAs({ environment })).toBe(command);
});

test('where npx was given a package, commands name it: the registry may have another one by its name', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'latchkey-npx-'));
  onTestFinished(() => rm(cache, { recursive: true, force: true }));
  const folder = join(cache, '_npx', 'fee49dd1e8f2de20');
  await mkdir(folder, { recursive: true });
  const said = { _npx: { packages: ['./latchkey-0.2.0.tgz'] } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(said));
  const file = join(folder, 'node_modules/latchkey/dist/src/cli/program.js');
  expect(calledAs({ environment: BY_NPX, file })).toBe('npx ./latchkey-0.2.0.tgz');
});

test('commands to copy mean the folder that this one was about, also where it has blanks', () => {
  const environment = {};
  expect(calledAs({ environment, data: '/srv/latchkey' })).toBe('latchkey --data /srv/latchkey');
  expect(calledAs({ environment, data: './my data' })).toBe("latchkey --data './my data'");
  expect(calledAs({ environment, data: "Ann's" })).toBe(String.raw`latchkey --data 'Ann'\''s'`);
});
