/** The version after this one: the same build with another number and one more migration, which only adds. */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { VERSION } from '../../../src/version.ts';

export interface NextVersion {
  readonly version: string;
  /** Its `main.js`. */
  readonly main: string;
  readonly remove: () => Promise<void>;
}

/** The migration adds columns to tables that every process reads and writes at each grant. */
const MIGRATION = `"9999-next": {
  async up(db) {
    await db.schema.alterTable("runs", (table) => table.text("next_note"));
    await db.schema.alterTable("people", (table) => table.integer("next_count").notNullable().defaultTo(0));
  },
  async down() {}
}`;

/** Needs the build. */
export async function nextVersion(): Promise<NextVersion> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-next-'));
  const built = join(folder, 'dist');
  for (const part of ['src', 'migrations', 'manifests', 'schemas'])
    await cp(resolve('dist', part), join(built, part), {
      recursive: true,
      filter: (file) => !file.endsWith('.map'),
    });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const version = VERSION.replace(/\d+$/, (patch) => String(Number(patch) + 1));
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as object;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
  await addMigration(join(built, 'src', 'chunks'));
  return {
    version,
    main: join(built, 'src', 'main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Behind the last one of the list, which is in one of the bundles' chunks. */
async function addMigration(chunks: string): Promise<void> {
  for (const name of await readdir(chunks)) {
    const file = join(chunks, name);
    // The bundler breaks long lines, also within a name.
    const code = (await readFile(file, 'utf8')).replaceAll('\\\n', '');
    const changed = code.replace(
      /"\d{4}-[\w-]+":\s*[\w$]+(?=\s*\})/,
      (last) => `${last},\n  ${MIGRATION}`,
    );
    if (changed === code) continue;
    await writeFile(file, changed);
    return;
  }
  throw new Error('No chunk of the build has the list of migrations');
}
