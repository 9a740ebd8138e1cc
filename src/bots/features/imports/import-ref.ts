/** How the card of a file import is named: by its buttons too, which the card itself stands on. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { importSubject } from '../../../engine/imports/file-import.ts';
import { pageShown } from '../paging.ts';

export const IMPORT_CARD = 'people-import';

export const importPayload = pageShown.extend({
  importId: z.string(),
  /** Of the problems. */
});
export type ShownImport = z.infer<typeof importPayload>;

export const importRef = (shown: ShownImport): LiveCardRef => ({
  view: IMPORT_CARD,
  payload: JSON.stringify(shown),
  subject: importSubject(shown.importId),
});
