import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

/** Compiles a script to JavaScript that Node runs by itself. @returns the file, in `directory` */
export async function builtChild(script: string, directory: string): Promise<string> {
  const outDir = join(directory, 'built');
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: script,
      outDir,
      rollupOptions: { output: { entryFileNames: 'script.mjs' } },
    },
  });
  await symlink(resolve('node_modules'), join(directory, 'node_modules'));
  return join(outDir, 'script.mjs');
}
