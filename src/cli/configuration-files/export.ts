/** `latchkey export DIR`: what admins have set, as files without secrets. */
import type { FileProblem } from '../../engine/configuration/document.ts';
import { exportFiles } from '../../engine/configuration/export.ts';
import { keepWritten } from '../../engine/configuration/keep-written.ts';
import { damagedInFiles } from '../../store/json-columns.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { inSession, type Session } from '../session.ts';
import { writeFolder } from './folder.ts';
import { fileLine } from './lines.ts';
import { refuseDamaged } from './refuse-damaged.ts';

interface ExportOptions {
  readonly hardCoded?: boolean;
  readonly yaml?: boolean;
}

export const exportCommand = (folder: string, options: ExportOptions): Promise<void> =>
  inSession((session) => exportFolder(folder, options, session));

/** @throws {CommandError} where there are any */
function refuseSecrets(secrets: readonly FileProblem[]): void {
  if (secrets.length === 0) return;
  throw new CommandError(
    [
      'nothing was written, since the files would hold what seem to be secrets; if none of these is one, add --hard-coded',
      ...secrets.map(fileLine),
    ].join('\n  '),
  );
}

const leftAlone = (count: number): string =>
  count === 0
    ? ''
    : `, and left ${counted(count, 'file')} as ${count === 1 ? 'it is' : 'they are'}`;

/** @throws {CommandError} */
export async function exportFolder(
  folder: string,
  { hardCoded = false, yaml = false }: ExportOptions,
  { db, stores, output }: Pick<Session, 'db' | 'stores' | 'output'>,
): Promise<void> {
  refuseDamaged('nothing was written, since the files would lack what', await damagedInFiles(db));
  const { files, secrets, secretsInComments } = await exportFiles(stores, yaml ? '.yaml' : '.json');
  if (!hardCoded) refuseSecrets(secrets);
  let found = secrets;
  let movedTo: ReadonlyMap<string, string> = new Map();
  const { removed, written } = await writeFolder(folder, (before) => {
    const kept = keepWritten(files, before);
    const commented = secretsInComments(kept.files);
    if (!hardCoded) refuseSecrets(commented);
    found = [...secrets, ...commented];
    movedTo = kept.movedTo;
    return kept.files;
  });
  for (const path of removed) {
    const now = movedTo.get(path);
    output.note(
      now === undefined
        ? `Removed ${path}: Latchkey has nothing of it.`
        : `Removed ${path}: it is ${now} now.`,
    );
  }
  // Where a script passes --hard-coded each night, this is how a new secret is noticed.
  for (const { file, place } of found)
    output.note(
      `Written with what seems to be a secret: ${fileLine({ file, place, message: '' })}`,
    );
  const isSame = written + removed.length === 0;
  output.line(
    isSame
      ? `Nothing has changed: ${folder} has what Latchkey has.`
      : `Wrote ${counted(written, 'file')} to ${folder}${leftAlone(files.size - written)}.`,
  );
}
