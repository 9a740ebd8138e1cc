/** `latchkey export DIR`: what admins have set, as files without secrets. */
import { exportFiles } from '../../engine/configuration/export.ts';
import { keepWritten } from '../../engine/configuration/keep-written.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { inSession, type Session } from '../session.ts';
import { writeFolder } from './folder.ts';
import { fileLine } from './lines.ts';

interface ExportOptions {
  readonly hardCoded?: boolean;
  readonly yaml?: boolean;
}

export const exportCommand = (folder: string, options: ExportOptions): Promise<void> =>
  inSession((session) => exportFolder(folder, options, session));

const leftAlone = (count: number): string =>
  count === 0
    ? ''
    : `, and left ${counted(count, 'file')} as ${count === 1 ? 'it is' : 'they are'}`;

/** @throws {CommandError} */
export async function exportFolder(
  folder: string,
  { hardCoded = false, yaml = false }: ExportOptions,
  { stores, output }: Pick<Session, 'stores' | 'output'>,
): Promise<void> {
  const { files, secrets } = await exportFiles(stores, yaml ? '.yaml' : '.json');
  if (secrets.length > 0 && !hardCoded)
    throw new CommandError(
      [
        'nothing was written, since the files would hold what seem to be secrets; if none of these is one, add --hard-coded',
        ...secrets.map(fileLine),
      ].join('\n  '),
    );
  const { removed, written } = await writeFolder(folder, (before) => keepWritten(files, before));
  for (const path of removed) output.note(`Removed ${path}: Latchkey has nothing of it.`);
  // Whoever passes it each night reads of the next secret here.
  for (const { file, place } of secrets)
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
