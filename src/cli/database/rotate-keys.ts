import { plural, sayNumber } from '../../core/translate.ts';
import type { Resealed } from '../../store/vault/reseal.ts';
import { resealAll } from '../../store/vault/reseal.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { inSession } from '../session.ts';

/** `latchkey rotate-keys` @throws {CommandError} when a key other than the first is still needed */
export const rotateKeysCommand = (): Promise<void> =>
  inSession(async ({ db, vault, config, output, transact, actor }) => {
    requireDistinct(config.keys);
    let said: string | undefined;
    const result = await resealAll(db, vault, ({ place, resealed }) => {
      if (resealed === 0 || place === said) return;
      said = place;
      output.note(`Sealing ${place} again…`);
    });
    const left = Object.values(result.left).reduce((sum, count) => sum + count, 0);
    await transact((tx) =>
      tx.audit(left === 0 ? 'keys.rotated' : 'keys.failed', {
        actor,
        detail: { encrypted: result.resealed, ...(left > 0 && { notEncrypted: left }) },
      }),
    );
    const again = `${counted(result.resealed, 'secret')} encrypted again.`;
    if (left > 0) throw new CommandError(`${again}\n  ${stillNeeded(result)}`);
    output.line(again);
    output.line(
      result.texts === 0
        ? 'The database has no secrets yet. The first key is the only one that is needed.'
        : plural(result.texts, {
            one: 'The one secret in the database is encrypted with the first key now. No other key is needed.',
            other: `All ${sayNumber(result.texts)} secrets in the database are encrypted with the first key now. No other key is needed.`,
          }),
    );
    const others = config.keys.length - 1;
    if (others > 0)
      output.line(
        `You can take the other ${plural(others, { one: 'key', other: `${others} keys` })} out of LATCHKEY_KEYS and restart. Keep them while you keep backups from before.`,
      );
  });

/** @throws {CommandError} since "the other key" could be taken out then, and nothing would have changed */
function requireDistinct(keys: readonly Uint8Array[]): void {
  const distinct = new Set(keys.map((key) => Buffer.from(key).toString('hex')));
  if (distinct.size < keys.length)
    throw new CommandError(
      'LATCHKEY_KEYS has one key twice, and nothing was changed. Name each key once, the new one first, like LATCHKEY_KEYS=<new>,<old>',
    );
}

/** Why the other keys must stay, and what to do. */
function stillNeeded({ left, unopened }: Resealed): string {
  const where = Object.entries(left)
    .map(([place, count]) => `${counted(count, 'text')} in ${place}`)
    .join(', ');
  const [reason] = unopened;
  if (reason)
    return `${where} could not be opened: ${reason.message}. Then run this again: it continues where it stopped.`;
  return `${where} was written with another key while this ran. One process of Latchkey still has another first key: give every process the same LATCHKEY_KEYS, restart them, and run this again.`;
}
