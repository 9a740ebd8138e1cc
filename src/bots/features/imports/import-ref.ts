/** The reference to a file import's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import { importSubject } from '../../../engine/imports/file-import.ts';
import { cardRefs } from '../../view/live-card.ts';
import { pageShown } from '../paging.ts';

export const importPayload = pageShown.extend({
  importId: z.string(),
});
export type ShownImport = z.infer<typeof importPayload>;

export const importRefs = cardRefs({
  id: 'people-import',
  payload: importPayload,
  topic: ({ importId }) => importSubject(importId),
});
export const importRef = importRefs.with;
