import { beforeEach, describe, expect, test } from 'vitest';
import {
  commands,
  helpCard,
  usableCommands,
  useText,
  useWord,
} from '../../../src/bots/features/commands.ts';
import { type CommandText, commandOf, words } from '../../../src/bots/view/command.ts';
import { inLocale } from '../../../src/core/translate.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { fullName, type Person } from '../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../support/clicks.ts';

let chat: TestChat;
let admin: Person;

beforeEach(async () => {
  chat = await testChat();
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann.lee@example.com', firstName: 'Ann', lastName: 'Lee' });
  await chat.person({ email: 'ann.ray@example.com', firstName: 'Ann', lastName: 'Ray' });
});

async function type(text: CommandText, email = admin.email): Promise<string> {
  const [word, ...args] = text;
  const command = commands.find((known) => known.word === word);
  const reply = await command?.run(args, await chat.turn(email));
  if (reply?.kind === 'say') return textOf(reply.card);
  return reply?.kind === 'show' ? `${reply.card.view} ${reply.card.topic}` : (reply?.kind ?? '');
}
const cardOf = async (email: string) =>
  `access person:${(await chat.services.stores.people.findByEmail(email))?.id}`;

describe('access', () => {
  test('finds a person by a part of the name, in any case', async () => {
    expect(await type(words('access lee'))).toBe(await cardOf('ann.lee@example.com'));
  });

  test('finds a person by email', async () => {
    expect(await type(words('access Ann.Ray@example.com'))).toBe(
      await cardOf('ann.ray@example.com'),
    );
  });

  test('finds a person by a mention of someone who never wrote to the bot', async () => {
    chat.profiles.set('U9', { email: 'ann.ray@example.com', name: 'Annie', kind: 'member' });
    expect(await type(['access', { kind: 'mention', userId: 'U9', name: 'annie' }])).toBe(
      await cardOf('ann.ray@example.com'),
    );
  });

  test('lets one pick where several match', async () => {
    expect(await type(words('access ann'))).toContain('[Choose Ann Lee]\nAnn Ray');
  });

  test('without a name shows what one has oneself', async () => {
    expect(await type(['access'], 'ann.lee@example.com')).toBe(await cardOf('ann.lee@example.com'));
  });

  test('of someone else is refused to people who are neither manager nor admin', async () => {
    expect(await type(words('access ray'), 'ann.lee@example.com')).toContain(
      'No one you can view matches "ray"',
    );
  });

  test.each(['ray', 'ann.ray@example.com', 'zoltan'])(
    'tells no stranger whether there is a %s',
    async (who) => {
      const answer = await type(words(`access ${who}`), 'ann.lee@example.com');
      expect(answer.replaceAll(who, '…')).toBe(
        `No one you can view matches "…"
Only someone's manager, Latchkey admins, auditors and the helpdesk can see their access. Ask ${fullName(admin)}. Or check the spelling.`,
      );
    },
  );

  test('tells no stranger whether the directory has whom they mention', async () => {
    chat.profiles.set('U9', { email: 'ann.ray@example.com', name: 'Annie', kind: 'member' });
    const mention = (userId: string) =>
      type(['access', { kind: 'mention', userId, name: 'Annie' }], 'ann.lee@example.com');
    expect(await mention('U9')).toBe(await mention('U0NOBODY'));
  });

  test('finds a report among more people of that name than a search looks at', async () => {
    for (let n = 0; n < 210; n++)
      await chat.person({ email: `sam${n}@example.com`, firstName: 'Sam', lastName: `A. Zoe${n}` });
    const sam = { email: 'sam@example.com', firstName: 'Sam', lastName: 'Zoë' };
    await chat.person({ ...sam, managerEmail: 'ann.lee@example.com' });
    expect(await type(words('access zoe'), 'ann.lee@example.com')).toBe(await cardOf(sam.email));
  });

  test.each(['access ann', 'access zoltan'])(
    '%s is answered to the person alone, since a group may read along',
    async (text) => {
      const [, ...args] = words(text);
      const reply = await commands
        .find(({ word }) => word === 'access')
        ?.run(args, await chat.turn(admin.email));
      expect(reply).toMatchObject({ kind: 'say', to: 'person' });
    },
  );

  test('of nobody says what to try', async () => {
    expect(await type(words('access zoltan'))).toContain('I found no one called "zoltan"');
  });
});

describe('grant and revoke', () => {
  test('without a name ask for one, in a form', async () => {
    const ada = new Clicker(chat, admin.email);
    const card = await ada.types('revoke');
    expect(textOf(card)).toContain('for example revoke Ann Lee');
    const whom = buttonOf(card, 'Choose someone…');
    expect((await ada.opens(whom)).title).toBe('Revoke access');
    expect(textOf(await ada.gets(whom, { person: 'lee' }))).toContain('Ann Lee');
    expect(await ada.isTold(whom, { person: 'zoltan' })).toEqual({
      person: expect.stringContaining('I found no one called "zoltan"') as unknown,
    });
  });

  test.each([
    ['grant', "You can't grant access", 'Request access…'],
    ['revoke', "You can't revoke access", 'Give back…'],
  ])('%s leads someone with no reports to what they may do', async (word, title, label) => {
    const ann = new Clicker(chat, 'ann.lee@example.com');
    const card = await ann.types(word);
    expect(card.title).toBe(title);
    expect(textOf(await ann.presses(buttonOf(card, label)))).toMatch(/^There is nothing/);
  });

  test('without a name ask a manager for one', async () => {
    await chat.person({ email: 'cy@example.com', managerEmail: 'ann.lee@example.com' });
    expect(await type(['grant'], 'ann.lee@example.com')).toContain('Who should get access?');
  });

  test('offer what can be granted, and for revoke what the person has', async () => {
    const request = { url: 'https://api.example.com/u' };
    const parts = { execute: [request], revoke: [request], exists: request };
    const fernboard = await chat.integration('Fernboard', parts);
    await chat.integration('Ledger', { execute: [request] });
    expect(await type(words('grant lee'))).toContain(
      'Fernboard · no access on record\n[Grant…]\nLedger · no access on record\n[Grant…]',
    );
    expect(await type(words('revoke lee'))).toContain('Not confirmed: Fernboard.\n[Check now]');
    const lee = await chat.services.stores.people.findByEmail('ann.lee@example.com');
    const since = chat.services.now();
    const access = { personId: lee?.id ?? '', reason: 'There.', since, checkedAt: since };
    await chat.services.stores.access.put({ ...access, integrationId: fernboard, state: 'has' });
    const revoke = await type(words('revoke lee'));
    expect(revoke).toContain('Fernboard · has access\n[Revoke…]');
    expect(revoke).not.toContain('Ledger');
    expect(revoke).not.toContain('Not confirmed');
  });

  test.each([
    'grant lee access',
    'grant access to lee',
    'grant access lee',
    'grant Lee access.',
    "grant lee's access",
  ])('%s names the person, and not the word beside them', async (text) => {
    const parts = { execute: [{ url: 'https://api.example.com/u' }] };
    await chat.integration('Ledger', parts);
    expect(await type(words(text))).toBe(await type(words('grant lee')));
    expect(await type(words('grant access'))).toBe(await type(['grant']));
  });

  test('offer to revoke what is being granted right now', async () => {
    const request = { url: 'https://api.example.com/u' };
    const id = await chat.integration('Ledger', { execute: [request], revoke: [request] });
    const [integration, person] = await Promise.all([
      chat.services.stores.integrations.find(id),
      chat.services.stores.people.findByEmail('ann.lee@example.com'),
    ]);
    if (!integration || !person) throw new Error('They were just added');
    const actor = { kind: 'system' } as const;
    await chat.services.transact((tx) => startGrant(tx, { actor, person, integration, form: {} }));
    expect(await type(words('revoke lee'))).toContain('Ledger · is being granted\n[Revoke…]');
  });

  test('say so when there is nothing yet', async () => {
    expect(await type(words('grant lee'))).toContain('No integration grants access');
  });

  test('are refused for oneself, since nobody is their own manager', async () => {
    expect(await type(words('grant lee'), 'ann.lee@example.com')).toContain(
      "You can't grant this person access",
    );
  });
});

describe('help', () => {
  test('greets by name, with a button for each of the first words', async () => {
    const ann = new Clicker(chat, 'ann.lee@example.com');
    const card = await ann.types('help');
    expect(textOf(card)).toMatch(/^What I can do\nHello Ann\./);
    expect(buttonsOf(card).map(({ about }) => about)).toEqual([
      'Open: Home',
      'Open: Access',
      'Open: Request',
      'Open: Tasks',
      undefined,
    ]);
    for (const button of buttonsOf(card)) expect(await ann.presses(button)).toBeDefined();
  });

  test('calls its words as German readers say them, which do the same', async () => {
    const german = inLocale('de-DE', () => helpCard(admin));
    const names = german.blocks.flatMap((block) => (block.kind === 'row' ? block.text : []));
    expect(names.map((span) => (typeof span === 'string' ? span : span.text))).toEqual([
      'Startseite',
      'Zugriff',
      'Anfrage',
      'Aufgaben',
      'Personen',
      'Integrationen',
      'Sequenzen',
      'Regeln',
      'Zugriffsprüfung',
      'Aktivität',
      'Einstellungen',
    ]);
    const ada = new Clicker(chat, admin.email);
    for (const button of buttonsOf(german)) expect(await ada.presses(button)).toBeDefined();
  });

  test('has what admins do apart, for admins only', async () => {
    const text = await type(['help']);
    expect(text).toContain('For admins\nPeople · ');
    expect(await type(['help'], 'ann.lee@example.com')).not.toContain('For admins');
  });

  test('does nothing with a word that is none', async () => {
    const ann = new Clicker(chat, 'ann.lee@example.com');
    expect(await ann.press(useWord.with({ text: 'nonsense' }))).toEqual({ kind: 'nothing' });
  });

  test('has a button for no text that is too long for one to carry', async () => {
    const ann = new Clicker(chat, 'ann.lee@example.com');
    const longest = useText(`help ${'x'.repeat(35)}`);
    expect(longest && textOf(await ann.presses(longest))).toContain('What I can do');
    expect(useText(`help ${'x'.repeat(36)}`)).toBeUndefined();
  });

  test('all lists every word, for an admin', async () => {
    const text = await type(['help', 'all']);
    for (const { usage, summary } of commands.slice(1))
      expect(text).toContain(
        `${usage} · ${summary().charAt(0).toUpperCase()}${summary().slice(1)}`,
      );
  });

  test('all says in German what each card is called there', async () => {
    const turn = await chat.turn(admin.email);
    const text = await inLocale('de', async () => {
      const reply = await commandOf(['help', 'all'], commands)?.run(['all'], turn);
      return reply?.kind === 'say' ? textOf(reply.card) : '';
    });
    expect(text).toContain('access [person] · Zugriff');
    expect(text).toContain('rules [name] · Regeln');
    expect(text).toContain('events · Adressen bei Ihnen');
  });

  test('all opens what each word does, also a form', async () => {
    const ada = new Clicker(chat, admin.email);
    const all = await ada.presses(useWord.with({ text: 'help all' }));
    for (const button of buttonsOf(all)) expect(await ada.presses(button)).toBeDefined();
    const hire = await ada.presses(useWord.with({ text: 'hire' }));
    expect(introOf(await ada.opens(buttonOf(hire, 'Open the form')))).toContain('as a new hire');
  });

  test('all leaves out for others what only admins may', async () => {
    const list = await type(['help', 'all'], 'ann.lee@example.com');
    expect(list).toContain('access [person]');
    expect(list).not.toContain('For admins');
  });

  test('all says whose access its reader sees', async () => {
    await chat.person({ email: 'io@example.com', firstName: 'Io', role: 'auditor' });
    await chat.person({ email: 'hy@example.com', firstName: 'Hy', role: 'helpdesk' });
    const everyones = "You see everyone's access.";
    for (const email of [admin.email, 'io@example.com', 'hy@example.com'])
      expect(await type(['help', 'all'], email)).toContain(everyones);
    const list = await type(['help', 'all'], 'ann.lee@example.com');
    expect(list).toContain("You see your own access and your direct reports'");
    expect(list).not.toContain(everyones);
  });

  test('all lists what is done for others only to someone who may', async () => {
    const forOthers = ['grant [person]', 'revoke [person]', 'people [text]'];
    const listed = async (email: string) => {
      const list = await type(['help', 'all'], email);
      return forOthers.filter((usage) => list.includes(`${usage} · `));
    };
    await chat.person({ email: 'mo@example.com', firstName: 'Mo' });
    await chat.person({ email: 'cy@example.com', firstName: 'Cy', managerEmail: 'mo@example.com' });
    await chat.person({ email: 'io@example.com', firstName: 'Io', role: 'auditor' });
    expect(await listed('ann.lee@example.com')).toEqual([]);
    expect(await listed('mo@example.com')).toEqual(forOthers);
    expect(await listed('io@example.com')).toEqual(['people [text]']);
  });

  describe.each(['manager', 'auditor', 'admin'] as const)('%s', (role) => {
    beforeEach(async () => {
      await chat.person({ email: 'bo@example.com', firstName: 'Bo', role });
      await chat.person({
        email: 'cy@example.com',
        firstName: 'Cy',
        managerEmail: 'bo@example.com',
      });
    });

    test.each(
      commands
        .filter(({ word }) => word !== 'hire') // Its form refuses.
        .map((command) => [command.usage.replace(/ \[.*/, ''), command] as const),
    )(
      '%s refuses them exactly where it needs a right and help leaves it out',
      async (typed, command) => {
        const usable = await usableCommands(await chat.turn('bo@example.com'));
        const answer = await type(words(typed), 'bo@example.com');
        expect(answer).not.toBe('');
        const isRefused =
          /Only Latchkey admins(?: and auditors|, auditors and owners of an app)? can/.test(answer);
        expect(isRefused).toBe(command.right !== undefined && !usable.includes(command));
      },
    );
  });
});

test.each([
  ['anfragen', 'Anfragen'],
  ['beantragen', 'Was brauchen Sie?'],
  ['hinweise', 'Schreiben Sie „@Latchkey notices“ in den Kanal'],
  ['einrichtung', 'Latchkey einrichten'],
])('%s opens the card of that name, also from a button', async (word, title) => {
  const profile = chat.profiles.get(admin.email);
  if (profile) chat.profiles.set(admin.email, { ...profile, locale: 'de-DE' });
  await chat.integration('Fernboard', { execute: [{ url: 'https://api.example.com/u' }] });
  const ada = new Clicker(chat, admin.email);
  expect((await ada.presses(useWord.with({ text: word }))).title).toContain(title);
});

test('requests also leads to a new one', async () => {
  const ada = new Clicker(chat, admin.email);
  const list = await ada.types('requests');
  expect(textOf(await ada.presses(buttonOf(list, 'Request access…')))).toContain('request');
});

test('no word means two commands', () => {
  const all = commands.flatMap(({ word, otherWords = [], wordsAlone = [] }) => [
    word,
    ...otherWords,
    ...wordsAlone,
  ]);
  expect(all.filter((word, at) => all.indexOf(word) !== at)).toEqual([]);
});
