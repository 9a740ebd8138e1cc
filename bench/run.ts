/**
 * `npm run bench -- NAME [ARGS…]` runs `bench/NAME.ts`; without a name it lists them. A bench exports
 * `run(args)` and prints what it measured.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

interface Bench {
  run(args: readonly string[]): Promise<void>;
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.js'))
  .map((file) => basename(file, '.js'))
  .filter((name) => name !== 'run');

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) {
  const bench = (await import(`./${name}.js`)) as Bench; // Every other file in this folder is a bench.
  await bench.run(args);
} else {
  if (name !== undefined) process.stderr.write(`There is no bench called ${name}.\n`);
  process.stderr.write(
    `Run one with: npm run bench -- NAME\n${names.map((each) => `  ${each}\n`).join('')}`,
  );
  process.exitCode = name === undefined ? 0 : 1;
}
