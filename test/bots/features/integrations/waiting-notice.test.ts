import { expect, onTestFinished, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import { waitingNotice } from '../../../../src/bots/features/integrations/set-up-notices.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { setSecrets } from '../../../../src/engine/integrations/integrations.ts';
import { testChatOn, textOf } from '../../../support/chat.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';
import { present } from '../../../support/given/outcomes.ts';
import { temporaryPostgres } from '../../../support/peers/postgres.ts';

test.each([
  ['SQLite', () => testChatOn(temporaryDatabase)],
  ['PostgreSQL', () => testChatOn(temporaryPostgres)],
] as const)(
  'the notice of waiting grants says to admins how many wait for what, until they have started, on %s',
  async (_, opened) => {
    const chat = await opened();
    onTestFinished(() => chat.cleanup());
    const { stores, transact, now } = chat.services;
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const bob = await chat.person({ email: 'bob@example.com' });
    const integrationId = await chat.integration('Harbour', {
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      execute: [{ url: 'https://x.example' }],
    });
    const integration = present(await stores.integrations.find(integrationId));
    const grant = (person: typeof ada) =>
      transact((tx) =>
        startGrant(tx, {
          actor: { kind: 'system' },
          person,
          integration,
          source: 'rule',
          form: {},
        }),
      );
    const shown = async (reader: typeof ada): Promise<string> => {
      const { view, payload } = waitingNotice.with({ integrationId });
      const times = { timeZone: 'UTC', scheduleZone: 'UTC' } as const;
      return textOf(await cards.find(view).render(payload, { reader, stores, now, ...times }));
    };
    await grant(ada);
    expect(await shown(ada)).toContain(
      "1 grant of Harbour is waiting\nThe app isn't set up yet: an admin has to enter its secrets. Then access is granted.",
    );
    await grant(bob);
    expect(await shown(ada)).toContain('2 grants of Harbour are waiting');
    expect(await shown(bob)).not.toContain('Harbour');
    await transact((tx) =>
      setSecrets(tx, integration, { secrets: { TOKEN: 't' }, actor: { kind: 'system' } }),
    );
    expect(await shown(ada)).toContain('No grant of Harbour is waiting any more');
  },
);
