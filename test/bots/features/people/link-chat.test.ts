import { beforeEach, describe, expect, test } from 'vitest';
import { confirmChatLink, linkChat } from '../../../../src/bots/features/people/link-chat.ts';
import { openPeople } from '../../../../src/bots/features/people/people-list.ts';
import { identifyWith } from '../../../../src/bots/live/identify.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { ChatProfile } from '../../../../src/bots/view/platform.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';

let chat: TestChat;
let ann: Person;
let ada: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  await chat.person({ email: BO, firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  ada = new Clicker(chat, ADA);
  member('U0ANN', { unconfirmedEmail: 'ann@example.com' });
});

const member = (id: string, more: Partial<ChatProfile> = {}) =>
  chat.profiles.set(id, { name: id, kind: 'member', ...more });
const writes = async (userId: string, inbound = chat.inbound(userId)) => {
  const turn = await identifyWith(chat.services)(inbound);
  return 'refused' in turn ? textOf(turn.refused) : turn.actor.email;
};
const form = () => linkChat.with({ personId: ann.id });
const links = async ({ id }: Person = ann) =>
  (await chat.services.stores.identities.ofPerson(id)).map(({ userId }) => userId);
const confirm = async (card: Card) => ada.presses(buttonOf(card, 'Link'));
const newest = async () => (await chat.services.stores.auditLog.list({ offset: 0, limit: 1 }))[0];

test('the card of a person leads to it, and shows the link when it is made', async () => {
  const opened = await openPeople('ann lee', await chat.turn(ADA));
  const card = 'card' in opened && 'view' in opened.card ? await ada.sees(opened.card) : undefined;
  if (!card) throw new Error('It is no card that follows');
  const account = await ada.presses(buttonOf(card, 'Account and data'));
  const question = await ada.gets(buttonOf(account, 'Link chat…'), { user: 'U0ANN' });
  expect(textOf(question)).toBe(
    "Link Ann Lee?\nAnn Lee (ann@example.com) will be the Slack user U0ANN (ann@example.com).\nThat user can then do what Ann Lee can. Make sure that it's them.\n[Link] [Cancel]",
  );
  expect(await links()).toEqual([]);
  expect(textOf(await confirm(question))).toContain('Chat: Slack, since');
  expect(await writes('U0ANN')).toBe(ann.email);
});

test('is audited as done by that admin, by hand', async () => {
  await confirm(await ada.gets(form(), { user: 'U0ANN' }));
  const admin = await chat.services.stores.people.findByEmail(ADA);
  expect(await newest()).toMatchObject({
    what: 'identity.linked',
    actor: { kind: 'person', personId: admin?.id },
    personId: ann.id,
    detail: { platform: 'slack', tenant: 'T1', userId: 'U0ANN', how: 'by hand' },
  });
});

test('a later change of their address moves nothing', async () => {
  await confirm(await ada.gets(form(), { user: 'U0ANN' }));
  member('U0ANN', { email: BO });
  expect(await writes('U0ANN')).toBe(ann.email);
});

test('where they can be written to is known from then on, though they never wrote', async () => {
  const direct = { platform: 'slack', key: 'D0ANN' } as const;
  member('U0ANN', { direct });
  await confirm(await ada.gets(form(), { user: 'U0ANN' }));
  const conversation = await chat.services.stores.conversations.latest(ann.id);
  expect(conversation?.address).toEqual(direct);
});

test('an admin is named as one before someone else becomes them', async () => {
  const zoe = await chat.person({ email: 'zoe@example.com', firstName: 'Zoe', role: 'admin' });
  const question = await ada.gets(linkChat.with({ personId: zoe.id }), { user: 'U0ANN' });
  expect(textOf(question)).toContain('what Zoe can with the role admin. Make sure');
});

test('what was cancelled links nobody', async () => {
  const question = await ada.gets(form(), { user: 'U0ANN' });
  expect(textOf(await ada.presses(buttonOf(question, 'Cancel')))).toContain('Nothing was linked');
  expect(await links()).toEqual([]);
});

describe('is refused', () => {
  const told = (user: string) => ada.isTold(form(), { user });

  test.each([
    ['bot', "That's a bot. Only people can be linked."],
    [
      'outside',
      'That user belongs to another organization. Only people in your own can be linked.',
    ],
  ] as const)('for a chat user who is %s', async (kind, why) => {
    member('U0X', { kind });
    expect(await told('U0X')).toEqual({ user: why });
  });

  test('for a user whom Slack does not know', async () => {
    expect(await told('U0NOBODY')).toEqual({
      user: "Slack doesn't know that user, or no longer does.",
    });
  });

  test('for a chat user who is linked to someone', async () => {
    await chat.turn(BO);
    expect(await told(BO.replace('@', ''))).toBeDefined();
    expect(await ada.isTold(form(), { user: BO })).toEqual({
      user: 'That chat user is already linked to someone.',
    });
  });

  test('for a person who is linked there', async () => {
    await chat.turn(ann.email);
    expect((await told('U0ANN'))['user']).toContain('They are linked to another user there.');
  });

  test('when someone else was linked while the question stood there', async () => {
    const question = await ada.gets(form(), { user: 'U0ANN' });
    await chat.turn(ann.email);
    expect(textOf(await confirm(question))).toContain('They are linked to another user there.');
    expect(await links()).toEqual([ann.email]);
  });

  test('when the chat user has become a stranger while the question stood there', async () => {
    const question = await ada.gets(form(), { user: 'U0ANN' });
    member('U0ANN', { kind: 'outside' });
    expect(textOf(await confirm(question))).toContain(
      'That user belongs to another organization. Only people in your own can be linked.',
    );
    expect(await links()).toEqual([]);
  });

  test('for someone who has left', async () => {
    const question = await ada.gets(form(), { user: 'U0ANN' });
    await chat.services.transact((tx) =>
      deactivate(tx, ann, { ...chat.services, actor: { kind: 'system' } }),
    );
    await expect(ada.opens(form())).rejects.toThrow('Ann Lee has left');
    expect(textOf(await confirm(question))).toContain('Ann Lee has left');
  });

  test('where one and another were chosen, or none', async () => {
    await writes('U0ANN');
    const why = { user: 'Choose one chat user in one of the fields.' };
    expect(await ada.isTold(form(), {})).toEqual(why);
    const listed = JSON.stringify({ platform: 'slack', tenant: 'T1', userId: 'U0ANN' });
    expect(await ada.isTold(form(), { user: 'U0ANN', refused: listed })).toEqual(why);
  });

  test('to someone who is no admin, with the question of an admin too', async () => {
    const bo = new Clicker(chat, BO);
    await expect(bo.opens(form())).rejects.toThrow("You can't link chat users");
    const user = { platform: 'slack', tenant: 'T1', userId: 'U0ANN' } as const;
    const card = await bo.presses(confirmChatLink.with({ ...user, personId: ann.id }));
    expect(textOf(card)).toContain("You can't link chat users");
    expect(await newest()).toMatchObject({ what: 'refused', personId: ann.id });
    expect(await links()).toEqual([]);
  });
});

describe('who wrote and was refused', () => {
  const inTeams = (userId: string) => ({
    ...chat.inbound(userId),
    user: { platform: 'teams', tenant: 'tenant', userId } as const,
  });
  const listed = async () => {
    const field = (await ada.opens(form())).fields['refused'];
    return field && 'options' in field ? field.options : [];
  };

  test('can be chosen, on whichever platform they wrote', async () => {
    member('object-id', { name: 'Ann in Teams', email: 'other@example.com' });
    expect(await writes('object-id', inTeams('object-id'))).toContain("I don't know you yet");
    const [option] = await listed();
    expect(option?.label).toMatch(/^Ann in Teams \(other@example\.com\), Teams, /);
    await confirm(await ada.gets(form(), { refused: option?.value }));
    expect(await links()).toEqual(['object-id']);
    expect(await listed()).toEqual([]);
  });

  test.each(['bot', 'outside'] as const)('is not listed who is %s', async (kind) => {
    member('U0X', { kind });
    await writes('U0X');
    expect(await listed()).toEqual([]);
  });

  test('is not listed who wrote nothing', async () => {
    await writes('U0ANN', { ...chat.inbound('U0ANN'), unasked: true });
    expect(await listed()).toEqual([]);
  });

  test('is listed once, however often they write', async () => {
    await writes('U0ANN');
    chat.clock += 2 * 3_600_000;
    await writes('U0ANN');
    const [only, ...others] = await chat.services.stores.refusedUsers.newest(10);
    expect(only?.refusedAt.getTime()).toBe(chat.clock);
    expect(others).toEqual([]);
  });
});

describe('in Teams', () => {
  const OBJECT_ID = '0F6B1C2D-3e4f-4a5b-8c6d-7e8f9a0b1c2d';
  /** An admin who writes there, and whom Teams tells of nobody who isn't in their conversation. */
  const submit = async (user: string) => {
    const turn = await chat.turn(ADA);
    const there = { ...turn, via: 'teams', tenant: 'tenant' } as const;
    const { payload } = form();
    return linkChat.submit(payload, { user }, { ...there, profileOf: async () => undefined });
  };

  test('an object id is taken, since nothing else names who never wrote', async () => {
    const reply = await submit(OBJECT_ID);
    const card = present('card' in reply && 'title' in reply.card ? reply.card : undefined);
    expect(textOf(card)).toContain(`will be the Teams user ${OBJECT_ID.toLowerCase()}.`);
  });

  test('another text is none', async () => {
    expect(await submit('ann')).toMatchObject({
      errors: {
        user: "That isn't an Entra object ID, and no one with this ID has written to Latchkey.",
      },
    });
  });
});
