import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { giveBack } from '../../../../src/bots/features/access/give-back.ts';
import { holdCard } from '../../../../src/bots/features/access/hold-card.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { openGrantTask } from '../../../../src/engine/tasks/manual.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { addedManual } from '../../../support/given/added.ts';
import { present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { teamIn } from '../../../support/team.ts';

const manifest = {
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
};

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;
let asAnn: Clicker;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', manifest);
  asAnn = new Clicker(chat, ann.email);
});

async function integration() {
  return present(await chat.services.stores.integrations.find(integrationId));
}

/** They have it, for two reasons. */
async function held(person: Person): Promise<void> {
  const wish = { person, integration: await integration() };
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  await chat.services.transact(async (tx) => {
    await openHold(tx, { ...wish, source: 'by-hand', actor }, {});
    await openHold(tx, { ...wish, source: 'request', actor, hours: 4 }, {});
    await tx.access.put(accessSince(tx.now, { personId: person.id, integrationId }));
  });
}

const form = () => giveBack.with({ integrationId });
const removalOf = ({ id }: Person) => chat.services.stores.removals.open(id, integrationId);
const labelsFor = async (reader: Person, whose: Person) => {
  const { payload } = accessCard.with({ personId: whose.id, page: 0, askedAt: 0 });
  const card = await accessCard.render(payload, await liveReader(chat, reader.email));
  return buttonsOf(card).map(({ label }) => label);
};

describe('giving back', () => {
  test('ends all holds, begins the removal, and is in the audit log', async () => {
    await held(ann);
    expect(introOf(await asAnn.opens(form()))).toContain('This ends your access to Fernboard.');
    expect((await asAnn.gets(form())).title).toBe('You gave back Fernboard');
    expect(await chat.services.stores.holds.openAt(ann.id, integrationId)).toEqual([]);
    expect((await removalOf(ann))?.causes).toMatchObject([
      { kind: 'revoked', by: { kind: 'person', personId: ann.id } },
    ]);
    const entries = await chat.services.stores.auditLog.list({ offset: 0, limit: 10 });
    expect(entries.map(({ what }) => what)).toContain('access.given-back');
  });

  test('needs no policy and no app that is turned on', async () => {
    await held(ann);
    const policy = {
      ...defaultPolicy,
      requesters: { kind: 'nobody' },
      managersGrant: false,
    } as const;
    const locked = { ...(await integration()), enabled: false, settings: { policy } };
    await chat.services.transact((tx) => tx.integrations.save(locked));
    await asAnn.gets(form());
    expect(await removalOf(ann)).toBeDefined();
  });

  test('says who removes it: Latchkey, or someone by hand', async () => {
    await held(ann);
    expect(textOf(await asAnn.gets(form()))).toContain('Latchkey removes your access now.');
    const added = await addedManual(chat.services.transact);
    integrationId = added.id;
    await held(ann);
    expect(introOf(await asAnn.opens(form()))).toContain('Someone removes it by hand.');
    expect(textOf(await asAnn.gets(form()))).toContain('Someone removes your access by hand.');
  });

  test('of an app whose manifest has no revoke says that someone removes it by hand', async () => {
    const plain = await chat.integration('Zoom', { execute: manifest.execute });
    await chat.services.stores.access.put(
      accessSince(chat.services.now(), { personId: ann.id, integrationId: plain }),
    );
    const give = giveBack.with({ integrationId: plain });
    expect(introOf(await asAnn.opens(give))).toContain('Someone removes it by hand.');
    expect(textOf(await asAnn.gets(give))).toContain('Someone removes your access by hand.');
  });

  test('of what nobody has granted yet says that there is nothing to remove', async () => {
    const badge = await addedManual(chat.services.transact, { name: 'Badge' });
    const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
    await chat.services.transact((tx) =>
      openGrantTask(tx, { actor, person: ann, integration: badge }),
    );
    const said = textOf(await asAnn.gets(giveBack.with({ integrationId: badge.id })));
    expect(said).toContain("It hadn't been granted yet, so there's nothing to remove.");
    expect(await chat.services.stores.removals.open(ann.id, badge.id)).toBeUndefined();
  });

  test('is of their own access alone', async () => {
    await held(ann);
    const asBoss = new Clicker(chat, boss.email);
    expect((await asBoss.gets(form()).catch(() => undefined))?.title ?? 'refused').not.toContain(
      'You gave back',
    );
    expect((await asBoss.types('give', 'back')).title).toBe('There is nothing to give back');
    expect(await removalOf(ann)).toBeUndefined();
  });

  test('again, or without any access, says that there is nothing', async () => {
    await held(ann);
    const open = await asAnn.opens(form());
    await asAnn.answersTo(open, form(), {});
    const again = await asAnn.answersTo(open, form(), {});
    expect(JSON.stringify(again)).toContain('There is nothing to give back');
  });
});

describe('the words', () => {
  test('list what they have, and open the form of the app that is named', async () => {
    await held(ann);
    expect(textOf(await asAnn.types('give', 'back'))).toContain('Fernboard');
    expect((await asAnn.writes('give', 'back', 'fernboard')).kind).toBe('open');
    expect(textOf(await asAnn.types('give', 'back', 'zoom'))).toContain('matches "zoom"');
  });
});

describe('a name that fits nothing of theirs', () => {
  test('says to those who may grant how that is done, and to no one else', async () => {
    const card = await new Clicker(chat, boss.email).types('give', 'Ann', 'Fernboard');
    expect(textOf(card)).toContain('To grant someone access, press "Grant access".');
    expect(
      textOf(await new Clicker(chat, boss.email).presses(buttonOf(card, 'Grant access'))),
    ).toContain('Who should get access?');
    expect(textOf(await asAnn.types('give', 'Ann', 'Fernboard'))).not.toContain('Grant access');
  });
});

describe('the button', () => {
  test('stands on their own access, also of an admin, and on nobody else’s', async () => {
    await held(ann);
    await held(admin);
    expect(await labelsFor(ann, ann)).toContain('Give back…');
    expect(await labelsFor(admin, admin)).toContain('Give back…');
    expect(await labelsFor(admin, admin)).not.toContain('Revoke…');
    expect(await labelsFor(boss, ann)).not.toContain('Give back…');
  });

  test('is not there while a grant is under way', async () => {
    const wish = { person: ann, integration: await integration(), form: {}, answers: [] };
    const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
    await chat.services.transact((tx) => startGrant(tx, { ...wish, actor }));
    expect(await labelsFor(ann, ann)).not.toContain('Give back…');
    const pressed = JSON.stringify(await asAnn.answers(form(), {}));
    expect(pressed).toContain("You can't give it back yet");
  });
});

test('the card of the hold says that they gave it back', async () => {
  await held(ann);
  await asAnn.gets(form());
  const [hold] = await chat.services.stores.holds.of(ann.id, integrationId);
  await chat.services.transact(async (tx) => {
    const removal = await tx.removals.open(ann.id, integrationId);
    if (removal)
      await tx.removals.save({
        ...removal,
        state: 'gone',
        endedAt: tx.now,
        proof: { kind: 'asked', at: tx.now },
      } as never); // As if the app had said so.
  });
  expect(textOf(await asAnn.sees(holdCard.with({ holdId: hold?.id ?? '' })))).toContain(
    'You gave it back.',
  );
});
