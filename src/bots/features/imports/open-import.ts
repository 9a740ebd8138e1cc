import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import { readersTo } from '../admins.ts';
import { importRef } from './import-ref.ts';

export const openImport = buttonAction({
  id: 'import.open',
  payload: z.object({ importId: z.string() }),
  admit: readersTo(() => t`see imports`),

  handle: async ({ importId }): Promise<Reply> => showCard(importRef({ importId, page: 0 })),
});
