import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import { asReader } from '../admins.ts';
import { importRef } from './import-ref.ts';

export const openImport = buttonAction({
  id: 'import.open',
  payload: z.object({ importId: z.string() }),
  admit: (_payload, turn: Turn) => asReader(() => t`see imports`, turn),

  handle: async ({ importId }): Promise<Reply> => showCard(importRef({ importId, page: 0 })),
});
