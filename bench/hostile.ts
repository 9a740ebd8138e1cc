/**
 * Hostile inputs in numbers: manifests, files, answers of third parties, and whatever Slack, Teams, browsers and webhooks may send to a
 * Latchkey that runs. What went wrong is printed with its input; the bench then ends with 1.
 */
import {
  attackCsv,
  attackManifests,
  attackPages,
  attackRuns,
  attackSlack,
  attackTeams,
  type Outcome,
} from '../test/hostile/attacks.ts';
import { SECRET } from '../test/hostile/corpus.ts';
import { failuresIn, openLab } from '../test/hostile/lab.ts';
import type { Figure } from './support/figure.ts';
import { attackLarge } from './support/large.ts';

const INPUTS = 12_000;
/** Nobody notices that a process stands still for so long. */
const MAX_STILL_MS = 250;
/** Where something else runs on the machine, everything takes longer. */
const NOISY = 2;
/** How much more memory the last round may need: when garbage is collected is chance. */
const FLAT = 1.15;
/** So many problems are shown of each kind. */
const SHOWN = 10;

/** `npm run bench -- hostile [INPUTS] [SEED]`; the large texts are the same every time */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const count = Math.ceil(Number(args[0] ?? INPUTS) / 6);
  const seed = Number(args[1] ?? Date.now() % 1_000_000);
  process.stdout.write(`seed ${seed}\n`);
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));

  const lab = await openLab();
  const outcomes: [string, Outcome][] = [];
  const attack = async (name: string, start: () => Outcome | Promise<Outcome>) => {
    const begun = performance.now();
    const outcome = await start();
    outcomes.push([name, outcome]);
    print(name, outcome, performance.now() - begun);
  };
  try {
    await attack('manifests', () => attackManifests(count, seed));
    await attack('files of people', () => attackCsv(count, seed));
    await attack('answers of third parties', () => attackRuns(count, seed));
    await attack('Slack', () => attackSlack(lab, count, seed));
    await attack('Teams', () => attackTeams(lab, count, seed));
    await attack('pages and webhooks', () => attackPages(lab, count, seed));
    process.stdout.write('large texts\n');
    const large = await attackLarge(lab);
    for (const problem of large.problems) process.stdout.write(`  ${problem}\n`);
    const lives = (await lab.send('/healthz')).text === 'ok';
    const failures = failuresIn(lab.log());
    for (const failure of failures.slice(0, SHOWN)) process.stdout.write(`  ${failure}\n`);
    const inputs = outcomes.reduce((sum, [, each]) => sum + each.inputs, 0);
    const problems = outcomes.reduce((sum, [, each]) => sum + each.problems.length, 0);
    const shown = lab.log().includes(SECRET);
    const grown = Object.values(large.memory).filter(
      (rounds) => (rounds.at(-1) ?? 0) > (rounds.at(-2) ?? 0) * FLAT,
    );
    const standing = Object.values(large.still).filter((ms) => ms > NOISY * MAX_STILL_MS);
    if (large.problems.length + grown.length + standing.length > 0) process.exitCode = 1;
    if (problems + failures.length + unhandled.length > 0 || shown || !lives) process.exitCode = 1;
    return [
      {
        what: `hostile: ${inputs} inputs, seed ${seed}; without a clear answer, failures inside, unhandled rejections`,
        value: `${problems}, ${failures.length}, ${unhandled.length}`,
        aim: '0 each',
      },
      {
        what: 'hostile: a secret in the log; Latchkey lives on',
        value: `${shown ? 'YES' : 'no'}; ${lives ? 'yes' : 'NO'}`,
        aim: 'no; yes',
      },
      {
        what: `hostile: ${large.inputs} large texts; without a clear answer, the slowest answer once it was looked at`,
        value: `${large.problems.length}, ${(large.slowest.ms / 1000).toFixed(1)} s (${large.slowest.name})`,
        aim: '0, within 1 s',
      },
      {
        what: 'hostile: large texts, how long a process stood still at most',
        value: byProcess(large.still, (ms) => `${Math.round(ms)} ms`),
        aim: `${MAX_STILL_MS} ms each`,
      },
      {
        what: 'hostile: large texts, memory at most, all of them three times over',
        value: byProcess(large.memory, (rounds) => rounds.map(inMb).join(', ')),
        aim: 'flat',
      },
    ];
  } finally {
    await lab.close();
  }
}

const inMb = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

const byProcess = <T>(values: Readonly<Record<string, T>>, words: (value: T) => string): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${words(value)}`)
    .join('; ');

function print(name: string, { inputs, problems, answers }: Outcome, ms: number): void {
  const kinds = Object.entries(answers)
    .toSorted(([, a], [, b]) => b - a)
    .map(([answer, times]) => `${answer} ${times}`)
    .join(', ');
  process.stdout.write(`${name}: ${inputs} in ${(ms / 1000).toFixed(1)} s (${kinds})\n`);
  for (const problem of problems.slice(0, SHOWN)) process.stdout.write(`  ${problem}\n`);
}
