/** Approves or declines an import that waits for an admin's OK. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { endSync, importSync } from '../../../engine/imports/start-sync.ts';
import { actorOf } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { adminsTo, refuse } from '../admins.ts';
import { sayHeldByNewer } from './sync-words.ts';

const payload = z.object({ runId: z.string() });

export const importHeldSync = buttonAction({
  id: 'sync.import',
  payload,
  admit: adminsTo(() => t`import people`),

  async handle({ runId }, turn): Promise<Reply> {
    const deciding = { ...turn, actor: actorOf(turn) };
    const outcome = await turn.transact(async (tx) => {
      const run = await tx.syncRuns.find(runId);
      return run ? importSync(tx, run, deciding) : 'over';
    });
    if (outcome === 'newer') return refuse(note(t`Nothing was imported`, sayHeldByNewer()));
    return outcome === 'busy'
      ? refuse(
          note(
            t`Another import from this source is running`,
            t`Its card shows how far it is. Try again when it has finished.`,
          ),
        )
      : { kind: 'nothing' }; // The import's card shows it.
  },
});

export const discardHeldSync = buttonAction({
  id: 'sync.discard',
  payload,
  admit: adminsTo(() => t`approve or discard imports`),

  async handle({ runId }, turn): Promise<Reply> {
    const deciding = { ...turn, actor: actorOf(turn) };
    await turn.transact(async (tx) => {
      const run = await tx.syncRuns.find(runId);
      if (run?.state === 'ready') await endSync(tx, run, deciding);
    });
    return { kind: 'nothing' };
  },
});
