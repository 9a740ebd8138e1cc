/**
 * `npm run bench -- NAME [ARGS…]` runs `bench/NAME.ts` and prints its figures; without a name all of them run, one after the
 * other, and their figures are one table, which `--write` puts into `docs/performance.md`. `--quick` makes them smaller.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { type Figure, tableOf } from './support/figure.ts';

interface Bench {
  readonly run: (args: readonly string[]) => Promise<readonly Figure[]>;
}

/** What `--quick` runs each with: enough to see that it works, and about where it stands. */
const QUICK: Readonly<Record<string, readonly string[]>> = {
  accounts: ['1000'],
  ack: ['100'],
  audit: ['1000'],
  chaos: ['60', '6'],
  doors: ['200'],
  engine: ['3'],
  hostile: ['1200'],
  install: ['without-clone'],
  lives: ['20'],
  load: ['20', '50'],
  outage: ['5', '40'],
  overview: ['2000', '20'],
  plays: ['36'],
  policies: ['100'],
  restart: ['3'],
  rules: ['2000', '50'],
  runs: ['200', '200'],
  sequences: ['500'],
  start: ['2', '20'],
  sync: ['2000'],
  teams: ['1'],
  waiting: ['1000'],
  year: ['16', '14', '1', '100'],
};

/** Everything between these lines is written by `--write`. */
const BEGIN = '<!-- figures: begin -->';
const END = '<!-- figures: end -->';
const PAGE = 'docs/performance.md';

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.js'))
  .map((file) => basename(file, '.js'))
  .filter((name) => name !== 'run');

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const [name, ...args] = given.filter((each) => !each.startsWith('--'));

if (name === undefined || name === 'all') await runAll();
else if (names.includes(name))
  await runOne(name, args.length === 0 && isQuick ? QUICK[name] : args);
else {
  process.stderr.write(`There is no bench called ${name}; there are ${names.join(', ')}.\n`);
  process.exitCode = 1;
}

async function runOne(bench: string, withArgs: readonly string[] = []): Promise<readonly Figure[]> {
  const { run } = (await import(`./${bench}.js`)) as Bench; // Every other file in this folder is a bench.
  const figures = await run(withArgs);
  process.stdout.write(tableOf(figures));
  return figures;
}

async function runAll(): Promise<void> {
  const figures: Figure[] = [];
  for (const bench of names) {
    process.stdout.write(`\n${bench}\n`);
    figures.push(...(await runOne(bench, isQuick ? QUICK[bench] : [])));
  }
  process.stdout.write(`\n${tableOf(figures)}`);
  if (given.includes('--write')) writePage(figures);
}

function writePage(figures: readonly Figure[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < 0) throw new Error(`${PAGE} has no lines ${BEGIN} and ${END}`);
  const [cpu] = cpus();
  const about = `Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${new Date().toISOString().slice(0, 10)}${isQuick ? ', `--quick`' : ''}:`;
  const told = `${BEGIN}\n${about}\n\n${tableOf(figures)}\n`;
  writeFileSync(PAGE, `${page.slice(0, before)}${told}${page.slice(after)}`);
}
