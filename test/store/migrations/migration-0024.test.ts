/** What 0024 does to a connection that could not be refreshed: no quote is left in plain, and it is still to be made again. */
import { expect, test } from 'vitest';
import { up } from '../../../migrations/0024-sealed-refreshes.ts';
import { createOAuthStore } from '../../../src/store/integrations/oauth-tokens.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const QUOTE = 'invalid_grant: ann@example.com is not here';
const now = new Date('2026-11-24T12:00:00.000Z');

test.each(Object.entries({ SQLite: temporaryDatabase, PostgreSQL: temporaryPostgres }))(
  'on %s',
  async (_name, open) => {
    const { db, stores, vault, cleanup } = await open();
    try {
      await stores.integrations.insert({
        id: 'i1',
        version: 1,
        name: 'Asana',
        enabled: true,
        createdAt: now,
      });
      const token = {
        integrationId: 'i1',
        version: 1,
        generation: 1,
        answer: { access_token: 'sealed' },
        state: 'reconnect',
        refreshedAt: now,
      } as const;
      await stores.oauth.put(token);
      await db('oauth_tokens').update({ failed_at: now.getTime(), failure: QUOTE }); // As before it.
      await up(db);

      expect(JSON.stringify(await db('oauth_tokens'))).not.toContain(QUOTE);
      expect(await createOAuthStore(db, vault).find('i1')).toEqual(token);
    } finally {
      await cleanup();
    }
  },
);
