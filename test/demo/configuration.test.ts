import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  addFirstWeek,
  addProductBasics,
  addStaffImport,
  addTexting,
  furnish,
  limitToHours,
  startThirdParties,
} from '../../demo/company.ts';
import { installation } from '../cli/configuration-files/fixture.ts';

const folder = join(import.meta.dirname, '../../demo/configuration');

test('demo/configuration is an export of the company of the demo (UPDATE=1 writes it)', async () => {
  const latchkey = await installation();
  const parties = await startThirdParties();
  try {
    await furnish(latchkey.engine, parties);
    await addStaffImport(latchkey.engine, parties);
    await addTexting(latchkey.engine, 'http://127.0.0.1:1');
    await limitToHours(latchkey.engine);
    await addFirstWeek(latchkey.engine);
    await addProductBasics(latchkey.engine, parties);
  } finally {
    await parties.close();
  }
  expect((await latchkey.export()).err).toBe('');
  const files = await latchkey.files();
  if (process.env['UPDATE'] === '1') await cp(latchkey.folder, folder, { recursive: true });
  const kept = Object.keys(files).map(
    async (path) => [path, await readFile(join(folder, path), 'utf8')] as const,
  );
  expect(Object.fromEntries(await Promise.all(kept))).toEqual(files);
});
