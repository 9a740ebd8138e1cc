/** The actions of an admin on a file of people: turn pages, import, stop or discard it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { FileImport } from '../../../engine/imports/file-import.ts';
import { discardImport, startImport, stopImport } from '../../../engine/imports/import-people.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith } from '../../view/action.ts';
import { asAdmin, refuseUnseeing } from '../admins.ts';
import { importPayload, importRef } from './import-ref.ts';

export const turnImportPage = buttonAction({
  id: 'import.page',
  payload: importPayload,
  async handle(shown, turn: Turn) {
    const refused = await refuseUnseeing(() => t`see imports`, turn);
    return replaceWith(refused ?? importRef(shown));
  },
});

export const runImport = buttonAction({
  id: 'import.run',
  payload: z.object({ importId: z.string(), update: z.boolean() }),
  handle: ({ importId, update }, turn: Turn) =>
    change(importId, turn, (tx, fileImport) =>
      startImport(tx, fileImport, { update, actor: actorOf(turn) }),
    ),
});

export const stopRunning = buttonAction({
  id: 'import.stop',
  payload: z.object({ importId: z.string() }),
  handle: ({ importId }, turn: Turn) =>
    change(importId, turn, (tx, fileImport) =>
      stopImport(tx, fileImport, { actor: actorOf(turn) }),
    ),
});

export const dropImport = buttonAction({
  id: 'import.discard',
  payload: z.object({ importId: z.string() }),
  handle: ({ importId }, turn: Turn) => change(importId, turn, discardImport),
});

async function change(
  importId: string,
  turn: Turn,
  work: (tx: Transaction, fileImport: FileImport) => Promise<unknown>,
): Promise<Reply> {
  const { refused } = await asAdmin(() => t`import people`, turn);
  if (refused) return replaceWith(refused);
  const once = async (tx: Transaction) => {
    const fileImport = await tx.fileImports.find(importId);
    if (fileImport) await work(tx, fileImport);
  };
  await turn.transact(once); // The worker or another admin may change it at the same time.
  return replaceWith(importRef({ importId, page: 0 }));
}
