import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { documentAt } from '../../core/documents.ts';
import { backUpSqlite, CannotBackUp, type CopiedBy } from '../../store/backup.ts';
import { sqliteFile } from '../../store/database.ts';
import { whyNoDatabase } from '../../store/database-trouble.ts';
import { keyFileBeside } from '../../store/vault/key-file.ts';
import { CommandError } from '../command-error.ts';
import { requireDatabase } from '../configuration.ts';
import type { Output } from '../output.ts';

/**
 * `latchkey backup`: copies the SQLite database while Latchkey runs. It doesn't copy the key: both together give access
 * to the secrets, so keep them apart.
 * @throws {CommandError} when there is no such database, or the copy fails
 */
export async function backUpCommand(
  { databaseUrl, keys }: Pick<Config, 'databaseUrl' | 'keys'>,
  file: string,
  { output, ...by }: CopiedBy & { readonly output: Output },
): Promise<void> {
  const from = sqliteFile(databaseUrl);
  if (from === undefined)
    throw new CommandError(
      `DATABASE_URL is PostgreSQL, which has its own: pg_dump --format=custom --file=FILE "$DATABASE_URL"; see ${documentAt('backup')}`,
    );
  requireDatabase({ databaseUrl });
  const to = resolve(file);
  try {
    if (!(await backUpSqlite(from, to, by)))
      output.note(
        'Warning: the audit log does not name this copy, since nothing could be written to the database. Look at the room on its disk, and at who owns it.',
      );
  } catch (error) {
    if (error instanceof CannotBackUp) throw new CommandError(error.message);
    const why = whyNoDatabase(error);
    throw why === undefined ? error : new CommandError(`DATABASE_URL ${why}`);
  }
  output.line(to);
  output.note(
    keys.length === 0
      ? `Only the key in ${keyFileBeside(from)} opens its secrets: keep a copy of that, too, in another place.`
      : 'Its secrets can be read with LATCHKEY_KEYS alone: keep those too, and in another place.',
  );
}
