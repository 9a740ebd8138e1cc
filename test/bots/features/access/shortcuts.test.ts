import { beforeEach, describe, expect, test } from 'vitest';
import { lookUpPerson, useShortcut } from '../../../../src/bots/features/access/shortcuts.ts';
import type { PressReply, SubmitReply } from '../../../../src/bots/view/action.ts';
import { PlatformError } from '../../../../src/bots/view/platform.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

let chat: TestChat;
let boss: Person;
let ann: Person;
let ada: Person;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
});

/** Whose access card it is, or what is said instead. */
function answer(reply: PressReply | SubmitReply): string {
  if (reply.kind === 'open') return `asks: ${reply.title}`;
  if (reply.kind === 'invalid')
    return `invalid: ${String(reply.errors['person'] ?? reply.errors['picked'])}`;
  if (!('card' in reply)) return reply.kind;
  if ('blocks' in reply.card) return textOf(reply.card);
  const { personId } = JSON.parse(reply.card.payload) as { personId: string };
  return `${reply.kind} ${reply.card.view} of ${personId}`;
}
const accessOf = ({ id }: Person) => `show access of ${id}`;

describe('the shortcut from anywhere', () => {
  const use = async ({ email }: Person) =>
    answer(await useShortcut({ kind: 'global' }, await chat.turn(email)));
  const look = async ({ email }: Person, person?: string) =>
    answer(await lookUpPerson.submit('{}', { ...(person && { person }) }, await chat.turn(email)));

  test('asks whom it is about where someone may see others', async () => {
    expect([await use(ada), await use(boss)]).toEqual(['asks: Access', 'asks: Access']);
  });

  test.each(['auditor', 'helpdesk'] as const)('asks it the %s, who sees everyone', async (role) => {
    const reader = await chat.person({ email: 'rea@example.com', firstName: 'Rea', role });
    expect(await use(reader)).toBe('asks: Access');
  });

  test('shows their own access at once to someone who can view nobody else', async () => {
    expect(await use(ann)).toBe(accessOf(ann));
  });

  test('shows their own where nothing was typed', async () => {
    expect([await look(boss), await look(boss, '  ')]).toEqual([accessOf(boss), accessOf(boss)]);
  });

  test('takes a name or an address', async () => {
    expect([await look(ada, 'ann lee'), await look(boss, 'ANN@example.com')]).toEqual([
      accessOf(ann),
      accessOf(ann),
    ]);
  });

  test('says beside the field that nobody is meant, and shows nobody whom they may not see', async () => {
    expect(await look(ada, 'nobody')).toContain('invalid: I found no one called "nobody".');
    expect(await look(boss, 'ada')).toContain('invalid: No one you can view matches "ada"');
  });

  test('takes someone who is picked in the list of people, and a typed name before that', async () => {
    const picks = async (values: Record<string, string>) =>
      answer(await lookUpPerson.submit('{}', values, await chat.turn(ada.email)));
    expect(await picks({ picked: ann.email })).toBe(accessOf(ann));
    expect(await picks({ picked: ann.email, person: boss.email })).toBe(accessOf(boss));
    expect(await picks({ picked: 'U0STRANGER' })).toContain('invalid');
  });

  test.each([
    ['access', 'Whose access?', 'Show', 1],
    ['grant', 'Who should get access?', 'Show', 1],
    ['revoke', 'Whose access should be revoked?', 'Show', 1],
    ['offboard', 'Who is leaving?', 'Next', 0],
  ] as const)(
    'asks for %s in its own words: %s',
    async (purpose, question, submitLabel, intros) => {
      const { payload } = lookUpPerson.with({ purpose });
      const reply = ofKind('open', await lookUpPerson.press(payload, await chat.turn(ada.email)));
      const form = await reply.form;
      expect(form).toMatchObject({ submitLabel, fields: { picked: { label: question } } });
      expect('intro' in form && form.intro).toHaveLength(intros);
    },
  );

  test('asks again where a grant is about nobody', async () => {
    const { payload } = lookUpPerson.with({ purpose: 'grant' });
    const reply = await lookUpPerson.submit(payload, {}, await chat.turn(ada.email));
    expect(answer(reply)).toBe('invalid: Choose someone, or enter a name.');
  });

  test('offers a choice where several are meant', async () => {
    expect(await look(ada, 'a')).toContain('Which "a" do you mean?');
  });
});

describe('the shortcut on a message', () => {
  const use = async ({ email }: Person, userId?: string) => {
    const used = { kind: 'author', ...(userId !== undefined && { userId }) } as const;
    return answer(await useShortcut(used, await chat.turn(email)));
  };

  test('shows the author’s access to those who may view it', async () => {
    expect(await use(boss, ann.email)).toBe(accessOf(ann));
    expect(await use(ann, boss.email)).toContain('No one you can view matches "Bo Boss"');
  });

  test('says kindly that apps have no access', async () => {
    chat.profiles.set('bot', { name: 'Other', kind: 'bot' });
    const said = 'An app wrote this message';
    expect([await use(ada, 'bot'), await use(ada)]).toEqual([
      expect.stringContaining(said),
      expect.stringContaining(said),
    ]);
  });

  test('names someone who is not in the directory', async () => {
    chat.profiles.set('new', { name: 'Newcomer', kind: 'member', email: 'new@example.com' });
    expect(await use(ada, 'new')).toContain("Newcomer isn't in the directory");
  });

  test('in a chat whose people it may not see knows who has written to it before, and says so of others', async () => {
    await chat.turn(ann.email); // Links them.
    const hidden = {
      ...(await chat.turn(ada.email)),
      profileOf: () => Promise.reject(new PlatformError('unreachable', '403')),
    };
    const byAda = async (userId: string) =>
      answer(await useShortcut({ kind: 'author', userId }, hidden));
    expect(await byAda(ann.email)).toBe(accessOf(ann));
    expect(await byAda(boss.email)).toContain("I can't see who wrote this");
  });
});
