/** Checks that AUDIT_FILE can be written. Nothing is written, since a line would count. */
import { access, constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../core/error-code.ts';
import { sentences } from '../../core/translate.ts';
import { codeOrReason, type Finding, fine, problem } from './finding.ts';

const CHECK = 'Audit file';

export async function checkAuditFile(file: string | undefined): Promise<readonly Finding[]> {
  if (file === undefined) return [];
  try {
    await access(dirname(file), constants.W_OK | constants.X_OK); // A lock and a note are made there.
    await (await openThere(file))?.close();
    return [fine(CHECK, 'It can be written')];
  } catch (error) {
    return [
      problem(
        CHECK,
        `${file} can't be written (${codeOrReason(error)})`,
        sentences(
          codeOf(error) === 'EISDIR'
            ? 'That is a folder: name a file in it.'
            : 'Make its folder, and let the user of Latchkey write to both: files are made beside it.',
          'Until then it gets no lines; all of them come later.',
        ),
      ),
    ];
  }
}

/** Undefined: there is none yet. */
const openThere = (file: string) =>
  open(file, 'r+').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
