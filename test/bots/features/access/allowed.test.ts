import { beforeEach, expect, test } from 'vitest';
import { accessCard, turnAccessPage } from '../../../../src/bots/features/access/access-card.ts';
import { allowed } from '../../../../src/bots/features/access/allowed.ts';
import { giveBack } from '../../../../src/bots/features/access/give-back.ts';
import {
  checkNow,
  pickIntegration,
  turnPickerPage,
} from '../../../../src/bots/features/access/pick-integration.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { teamIn } from '../../../support/team.ts';

const manifest = {
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', manifest);
  await chat.services.transact(async (tx) => {
    const integration = present(await tx.integrations.find(integrationId));
    const policy = { ...defaultPolicy, managersGrant: false };
    await tx.integrations.save({ ...integration, settings: { policy } });
  });
});

const ask = async (email: string, what: 'grant' | 'revoke') =>
  allowed(what, { personId: ann.id, integrationId }, await chat.turn(email));
const refusals = async () =>
  (await chat.services.stores.auditLog.list({ offset: 0, limit: 50 })).filter(
    ({ what }) => what === 'refused',
  );

test('where the integration leaves it to admins, a manager grants nothing and the audit log remembers', async () => {
  const { refused } = await ask(boss.email, 'grant');
  expect(refused && textOf(refused)).toContain("You can't grant Fernboard yourself");
  expect(await refusals()).toMatchObject([
    {
      actor: { personId: boss.id },
      personId: ann.id,
      integrationId,
      detail: { wanted: 'grant this' },
    },
  ]);
});

test('the manager still revokes, and an admin still grants', async () => {
  expect((await ask(boss.email, 'revoke')).refused).toBeUndefined();
  expect((await ask('ada@example.com', 'grant')).refused).toBeUndefined();
  expect(await refusals()).toEqual([]);
});

test('the access card and the picker offer a manager no grant that would be refused', async () => {
  const { stores, now } = chat.services;
  const dates = { timeZone: 'UTC', scheduleZone: 'UTC' };
  const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
  const cardFor = async (reader: Person) =>
    textOf(await accessCard.render(ref.payload, { reader, stores, now, ...dates }));
  expect(await cardFor(boss)).not.toContain('Grant');
  const ada = (await chat.turn('ada@example.com')).actor;
  expect(await cardFor(ada)).toContain('[Grant…]');
  const picked = ofKind('say', await pickIntegration(ann, 'grant', await chat.turn(boss.email)));
  expect(textOf(picked.card)).toContain('There is nothing you can grant');
});

test('nothing is granted at an integration that was deleted', async () => {
  await chat.services.transact(async (tx) => {
    const integration = present(await tx.integrations.find(integrationId));
    await tx.integrations.save({ ...integration, deletedAt: new Date(chat.clock) });
  });
  const { refused } = await ask('ada@example.com', 'grant');
  expect(refused && textOf(refused)).toContain('This no longer exists');
});

test('who may not see or change a person reads so from an old card too, and the audit log remembers', async () => {
  const eve = await chat.person({ email: 'eve@example.com' });
  const clicker = new Clicker(chat, eve.email);
  const pages = { personId: ann.id, page: 1 };
  await clicker.presses(turnAccessPage.with(pages));
  await clicker.presses(turnPickerPage.with({ ...pages, purpose: 'grant' }));
  await clicker.presses(checkNow.with({ personId: ann.id }));
  const wanted = (await refusals()).map(({ detail }) => detail?.['wanted']);
  expect(new Set(wanted)).toEqual(
    new Set(["see this person's access", 'grant this', 'revoke this']),
  );
  expect((await refusals()).every((each) => each.personId === ann.id)).toBe(true);
});

test('an app that is deleted in the moment of a press is said to be gone, and no removal begins there', async () => {
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  const wish = { person: ann, integration, source: 'by-hand', actor: { kind: 'system' } } as const;
  await transact(async (tx) => {
    await openHold(tx, wish, {});
    await tx.integrations.save({ ...integration, deletedAt: tx.now });
  });
  /** What they read before that. */
  const turnOf = async (email: string) => {
    const turn = await chat.turn(email);
    const of =
      <T>(value: T) =>
      async () =>
        value;
    const [find, list] = [of(integration), of([integration])];
    return {
      ...turn,
      stores: { ...turn.stores, integrations: { ...turn.stores.integrations, find, list } },
    };
  };
  const revoke = revokeAccess.with({ personId: ann.id, integrationId }).payload;
  const revoked = ofKind('say', await revokeAccess.submit(revoke, {}, await turnOf(boss.email)));
  expect(textOf(revoked.card)).toContain('This no longer exists');
  const back = giveBack.with({ integrationId }).payload;
  const given = ofKind('say', await giveBack.submit(back, {}, await turnOf(ann.email)));
  expect(textOf(given.card)).toContain('There is nothing to give back');
  expect(await stores.removals.openOf(ann.id)).toEqual([]);
});
