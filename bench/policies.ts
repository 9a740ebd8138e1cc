/**
 * Random policies in a random company: requests, presses, absences, people who leave and change. After each step, and when its time
 * is over, what became of the request is held against what no policy may break.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnitOfWork } from '../src/engine/ports/unit-of-work.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { START } from '../test/support/policies/company.ts';
import { playRandomPolicies } from '../test/support/policies/random.ts';
import type { Figure } from './support/figure.ts';

const PLAYS = 10_000;
/** Of one seed. */
const PLAYS_A_SEED = 50;
/** Databases of one process, in which plays take turns: a play mostly waits for its database. */
const AT_ONCE = 4;
const PROGRESS = 500;

/** `npm run bench -- policies [PLAYS [FIRST_SEED]]`, on SQLite; progress and problems go to standard error. SIGINT (Ctrl+C) ends it early. */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [plays = PLAYS, first = 1] = args.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-policies-'));
  const enough = new AbortController();
  process.once('SIGINT', () => enough.abort());
  const began = performance.now();
  let [seed, played, bad] = [first, 0, 0];

  async function playOn(transact: UnitOfWork): Promise<void> {
    while (!enough.signal.aborted && (seed - first) * PLAYS_A_SEED < plays) {
      const mine = seed;
      seed += 1;
      try {
        await playRandomPolicies(transact, { plays: PLAYS_A_SEED, seed: mine });
      } catch (error) {
        bad += 1;
        process.stderr.write(`seed ${mine}: ${String(error)}\n`);
      }
      played += PLAYS_A_SEED;
      if (played % PROGRESS === 0)
        process.stderr.write(`${played} of ${plays} played, ${bad} bad\n`);
    }
  }

  try {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => {
        const db = openDatabase(`sqlite:${join(folder, `${index}.sqlite`)}`);
        try {
          await migrate(db);
          await playOn(unitOfWork(db, createVault([randomBytes(32)]), { now: () => START }));
        } finally {
          await db.destroy();
        }
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const what = `policies: ${played} plays in ${seconds} s; seeds in which someone decided their own or without the right, too few approved, or a request went on`;
  return [{ what, value: String(bad), aim: '0' }];
}
