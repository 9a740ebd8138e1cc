/**
 * What the sealed audit log costs: adding an entry with its salted hash, and sealing it later, on both databases. In processor
 * time of this process, since other work on the machine doesn't change that much.
 */
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { newId } from '../src/core/ids.ts';
import { SEALED_AT_ONCE } from '../src/engine/work/seal-audit.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';

const ENTRIES = 20_000;
/** As many as a run of two writes adds. */
const OF_A_RUN = 3;
const AT_ONCE = 100;
const NOON = Date.UTC(2026, 10, 25, 12);

/** `npm run bench -- audit [ENTRIES] [sqlite|postgres]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [entries = ENTRIES] = args.map(Number).filter((count) => count > 0);
  return onEachDatabase(args, (name, url) => measure(name, url, entries));
}

async function measure(name: string, url: string, count: number): Promise<readonly Figure[]> {
  const db = openDatabase(url);
  try {
    await migrate(db);
    const vault = createVault([randomBytes(32)]);
    const { auditLog } = createStores(db, vault);
    const actor = { kind: 'system' } as const;
    for (let first = 0; first < count; first += AT_ONCE)
      await auditLog.addMany(
        Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) => ({
          id: newId(),
          at: new Date(NOON + first + n),
          actor,
          what: 'run.succeeded',
          detail: { number: first + n },
        })),
      );
    const batches: number[] = [];
    const [begun, processor] = [performance.now(), process.cpuUsage()];
    for (let sealed = SEALED_AT_ONCE; sealed === SEALED_AT_ONCE; ) {
      const began = performance.now();
      sealed = await db.transaction((tx) =>
        createStores(tx, vault).auditChain.sealSome(SEALED_AT_ONCE, new Date(NOON)),
      );
      batches.push(performance.now() - began);
    }
    const { user, system } = process.cpuUsage(processor);
    const seconds = (performance.now() - begun) / 1000;
    const each = (user + system) / 1000 / count;
    const about = `audit, ${name}: ${count} entries sealed`;
    return [
      {
        what: about,
        value: `${Math.round(count / seconds)} a second, ${each.toFixed(3)} ms of the processor each, so ${(each * OF_A_RUN).toFixed(2)} ms for the ${OF_A_RUN} of a run; load average ${(loadavg()[0] ?? 0).toFixed(1)}`,
      },
      {
        what: `${about}; a batch of ${SEALED_AT_ONCE}, for which a write waits`,
        value: inWords(batches),
      },
    ];
  } finally {
    await db.destroy();
  }
}
