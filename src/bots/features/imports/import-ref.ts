/** The reference to a file import's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { importSubject } from '../../../engine/imports/file-import.ts';
import { pageShown } from '../paging.ts';

export const IMPORT_CARD = 'people-import';

export const importPayload = pageShown.extend({
  importId: z.string(),
});
export type ShownImport = z.infer<typeof importPayload>;

export const importRef = (shown: ShownImport): LiveCardRef => ({
  view: IMPORT_CARD,
  payload: JSON.stringify(shown),
  topic: importSubject(shown.importId),
});
