import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { refuse, refuseUnseeing } from '../admins.ts';
import { importRef } from './import-ref.ts';

export const openImport = buttonAction({
  id: 'import.open',
  payload: z.object({ importId: z.string() }),

  async handle({ importId }, turn: Turn): Promise<Reply> {
    const refused = await refuseUnseeing(() => t`see imports`, turn);
    return refused ? refuse(refused) : { kind: 'show', card: importRef({ importId, page: 0 }) };
  },
});
