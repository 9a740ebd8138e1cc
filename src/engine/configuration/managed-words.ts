/** What chat and the web pages say of a thing that is managed by files. They still change it: the files may be out of reach at night. */
import { t } from '../../core/translate.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { ThingKind } from './managed.ts';

/** Undefined: no file manages it. */
export async function managedWords(
  { managedThings }: Pick<Stores, 'managedThings'>,
  kind: ThingKind,
  id: string,
): Promise<string | undefined> {
  const managed = await managedThings.find(kind, id);
  return (
    managed &&
    t`Managed by files: ${managed.file}. What you change here is put back when the files are applied again, so change the file, too.`
  );
}
