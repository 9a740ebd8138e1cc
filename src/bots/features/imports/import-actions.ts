/** The actions of an admin on a file of people: turn pages, import, stop or discard it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { FileImport } from '../../../engine/imports/file-import.ts';
import { discardImport, startImport, stopImport } from '../../../engine/imports/import-people.ts';
import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith } from '../../view/action.ts';
import { adminsTo, readersTo } from '../admins.ts';
import { change } from '../change.ts';
import { importPayload, importRef } from './import-ref.ts';

export const turnImportPage = buttonAction({
  id: 'import.page',
  payload: importPayload,
  admit: readersTo(() => t`see imports`),
  refusesInPlace: true,
  handle: async (shown) => replaceWith(importRef(shown)),
});

const toImport = adminsTo(() => t`import people`);

export const runImport = buttonAction({
  id: 'import.run',
  payload: z.object({ importId: z.string(), update: z.boolean() }),
  admit: toImport,
  refusesInPlace: true,
  handle: ({ importId, update }, turn) =>
    changeImport(importId, turn, (tx, found, by) => startImport(tx, found, { update, ...by })),
});

export const stopRunning = buttonAction({
  id: 'import.stop',
  payload: z.object({ importId: z.string() }),
  admit: toImport,
  refusesInPlace: true,
  handle: ({ importId }, turn) => changeImport(importId, turn, stopImport),
});

export const dropImport = buttonAction({
  id: 'import.discard',
  payload: z.object({ importId: z.string() }),
  admit: toImport,
  refusesInPlace: true,
  handle: ({ importId }, turn) => changeImport(importId, turn, discardImport),
});

async function changeImport(
  importId: string,
  turn: Turn,
  work: (tx: Transaction, fileImport: FileImport, by: ChangedBy) => Promise<unknown>,
): Promise<Reply> {
  // The worker or another admin may change it at the same time.
  await change(turn, async (tx, by) => {
    const fileImport = await tx.fileImports.find(importId);
    if (fileImport) await work(tx, fileImport, by);
  });
  return replaceWith(importRef({ importId, page: 0 }));
}
