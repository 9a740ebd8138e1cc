import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Compiles a script to JavaScript that Node runs by itself. @returns the file, in `directory` */
export async function builtChild(script: string, directory: string): Promise<string> {
  const outfile = join(directory, 'script.mjs');
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
  });
  await symlink(resolve('node_modules'), join(directory, 'node_modules'));
  return outfile;
}
