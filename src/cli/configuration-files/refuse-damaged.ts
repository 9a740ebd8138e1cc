import { type DamagedRow, damagedWords } from '../../store/json-columns.ts';
import { CommandError } from '../command-error.ts';

/** @param why nothing is done, up to `can't be read` @throws {CommandError} with each row, and what to do about it */
export function refuseDamaged(why: string, rows: readonly DamagedRow[]): void {
  if (rows.length === 0) return;
  const lines = rows.map(damagedWords).map(({ what, next }) => `${what}. ${next}`);
  throw new CommandError(`${why} can't be read`, lines);
}
