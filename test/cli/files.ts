import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes texts, or JSON, into a folder that ends with the test. @returns the paths by name */
export async function writtenFiles<Name extends string>(
  contents: Readonly<Record<Name, unknown>>,
): Promise<Readonly<Record<Name, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths: Partial<Record<Name, string>> = {};
  for (const [name, content] of Object.entries(contents) as [Name, unknown][]) {
    const path = join(folder, `${name}.json`);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    paths[name] = path;
  }
  return paths as Record<Name, string>; // Each was set above.
}
