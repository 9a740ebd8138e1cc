/**
 * A simulated year of a company: joiners, movers, leavers and rehires as its HR system says, which is late, wrong for a day and put
 * right, with apps that are down for hours. What Latchkey says is held against the apps each night and at the end.
 */
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { liveAYear } from '../test/support/year/live.ts';
import { onEachDatabase } from './support/databases.ts';
import type { Figure } from './support/figure.ts';

const PEOPLE = 1000;
const DAYS = 365;
const PROGRESS_DAYS = 10;

/**
 * `npm run bench -- year [PEOPLE [DAYS [SEED [PACE]]]] [sqlite|postgres]`; progress and what is broken go to standard error.
 * SIGINT (Ctrl+C) ends the changes early: the quiet days follow, and the figures are of the days until then.
 */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [people = PEOPLE, days = DAYS, seed = 1, pace = 1] = args
    .filter((each) => /^\d+$/.test(each))
    .map(Number);
  const wish = { people, days, seed, pace };
  return onEachDatabase(args, (name, url) => live(name, url, wish), { isDurable: false });
}

interface Wish {
  readonly people: number;
  readonly days: number;
  readonly seed: number;
  /** Years whose changes happen in one. */
  readonly pace: number;
}

async function live(name: string, url: string, wish: Wish): Promise<readonly Figure[]> {
  const db = openDatabase(url);
  let statements = 0;
  db.on('query', () => (statements += 1));
  try {
    await migrate(db);
    const vault = createVault([randomBytes(32)]);
    const now = () => new Date(); // Of the stores alone: it expires nothing that a year needs.
    const env = { db, stores: createStores(db, vault), transact: unitOfWork(db, vault, { now }) };
    const [began, before] = [performance.now(), process.cpuUsage()];
    let lived = 0;
    const progress = (line: string): void => {
      lived += 1;
      if (lived % PROGRESS_DAYS === 0)
        process.stderr.write(`${line}, ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
    };
    let isEnough = false;
    process.once('SIGINT', () => (isEnough = true));
    const outcome = await liveAYear(env, { ...wish, progress, isEnough: () => isEnough });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const { user, system } = process.cpuUsage(before);
    const worked = ((user + system) / 1e6).toFixed(0);
    for (const each of outcome.broken) process.stderr.write(`seed ${wish.seed}: ${each}\n`);
    const { counts, presses, removals, requests } = outcome;
    const quick = wish.pace === 1 ? '' : ` with the changes of ${wish.pace} years in one`;
    const what = `year, ${name}: ${wish.people} people, ${outcome.days} days${quick}`;
    const kinds = Object.entries(presses.byKind).map(([kind, count]) => `${count} ${kind}`);
    const aMove = presses.moves === 0 ? 0 : presses.forMoves / presses.moves;
    return [
      {
        what: `${what}; in ${seconds} s, ${worked} s of the processor, ${statements} statements, ${outcome.imports} imports (${outcome.held} held)`,
        value: `${counts.joiners} joined, ${counts.moves} moved, ${counts.leavers} left, ${counts.rehires} came back, ${counts.renamed} renamed`,
      },
      {
        what: `${what}; removals`,
        value: `${removals.proven} proven, ${removals.byHand} by hand, ${removals.withdrawn} withdrawn, ${removals.open} left`,
        aim: '0 left',
      },
      {
        what: `${what}; requests, ${requests.byOthers} times decided by neither manager nor admin, ${requests.unapproved} approved by no one, ${requests.breakGlasses} by break-glass`,
        value: `${Object.entries(requests.byState)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ')}; ${requests.shortEnds} for less than a day have ended`,
      },
      { what: `${what}; broken invariants`, value: String(outcome.broken.length), aim: '0' },
      {
        what: `${what}; presses of managers (${kinds.join(', ')})`,
        value: `${aMove.toFixed(2)} a move, ${presses.mostForOne} at most`,
        aim: 'at most 3 a move',
      },
    ];
  } finally {
    await db.destroy();
  }
}
