import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putInPlace } from '../../demo/teams-client-package.ts';

const CLIENT = 'node_modules/@microsoft/m365agentsplayground';
let caches: string;
let draft: string;
let project: string;

beforeEach(async () => {
  caches = await mkdtemp(join(tmpdir(), 'latchkey-caches-'));
  [draft, project] = [join(caches, 'draft'), join(caches, 'project')];
  await writeClient(draft, 'new');
});
afterEach(() => rm(caches, { recursive: true, force: true }));

async function writeClient(folder: string, content: string): Promise<void> {
  await mkdir(join(folder, CLIENT), { recursive: true });
  await writeFile(join(folder, CLIENT, 'package.json'), content);
}
const clientThere = () => readFile(join(project, CLIENT, 'package.json'), 'utf8');

test('a cache of which a part was deleted is fetched again', async () => {
  await mkdir(join(project, CLIENT), { recursive: true });
  await putInPlace(draft, project);
  expect(await clientThere()).toBe('new');
});

test('the client that another demo fetched at the same time stays', async () => {
  await writeClient(project, 'other');
  await putInPlace(draft, project);
  expect(await clientThere()).toBe('other');
});

test('a first one is moved there', async () => {
  await putInPlace(draft, project);
  expect(await clientThere()).toBe('new');
  expect(existsSync(draft)).toBe(false);
});
