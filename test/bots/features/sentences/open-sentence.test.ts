/** What a sentence opens, how it is filled in, and what it never shows or does. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSentence } from '../../../../src/bots/features/sentences/open-sentence.ts';
import { readSentence } from '../../../../src/bots/features/sentences/read-sentence.ts';
import { sentenceLanguages } from '../../../../src/bots/features/sentences/words.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { type CommandText, words } from '../../../../src/bots/view/command.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import { makeBundle, putItem } from '../../../../src/engine/bundles/change-bundle.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf, valueAt } from '../../../support/clicks.ts';
import { ADA, ANN, type Company, companyWithSentences, MIA, NOBODY, OWEN } from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
});
afterAll(() => company.chat.cleanup());

async function form(sentence: string, by = ANN): Promise<Form> {
  const reply = await company.replyTo(sentence, by);
  const opened = reply?.kind === 'open' ? await reply.form : undefined;
  if (!opened || 'refused' in opened) throw new Error(`No form: ${JSON.stringify(reply)}`);
  return opened;
}

describe('the form', () => {
  test('opens with the end of the last day, and says what a later approval does', async () => {
    const opened = await form('I need Figma until Friday');
    expect(opened.title).toBe('Request Figma');
    // From Monday 09:00 to the end of Friday.
    expect(opened.fields['days']).toMatchObject({ initial: '111h' });
    expect(JSON.stringify(opened.fields['days'])).toContain('Until 4 Dec 2026 (about 5 days)');
    expect(introOf(opened)).toContain('a later approval moves the end');
  });

  test('ends in the time zone of who wrote', async () => {
    const turn = await company.chat.turn(ANN);
    const text = words('I need Figma until Friday');
    const reply = await openSentence(text, { ...turn, timeZone: 'Pacific/Auckland' });
    const opened = reply?.kind === 'open' ? await reply.form : undefined;
    // There it is Monday, 22:00.
    expect(opened && 'fields' in opened && opened.fields['days']).toMatchObject({ initial: '98h' });
  });

  test.each([
    'until 12/6',
    'until yesterday',
    'until 29 Nov',
    'for 0 days',
    'for 400 days',
    'for a few days',
    'for 30 minutes',
  ])('has nothing chosen for an end that it can not use, and says so: %s', async (end) => {
    const opened = await form(`I need Figma ${end}`);
    for (const absent of ['initial', 'optional'])
      expect(valueAt(opened.fields['days'], absent)).toBeUndefined();
    expect(introOf(opened)).toContain("I can't use the end that you wrote.");
  });

  test('says the longest time where more was written', async () => {
    await company.settings('Figma', { policy: { ...defaultPolicy, longestHours: 48 } });
    const opened = await form('I need Figma for a week');
    expect(opened.fields['days']).toMatchObject({ initial: '48h' });
    expect(introOf(opened)).toContain('Access lasts at most 2 days here.');
    await company.settings('Figma', { policy: defaultPolicy });
  });

  test('of a grant opens with the end, too', async () => {
    const opened = await form('Ann needs Figma for 3 days', MIA);
    expect(opened.title).toBe('Grant Figma');
    expect(opened.fields['days']).toMatchObject({ initial: '72h' });
    // It begins at once.
    expect(introOf(await form('Ann needs Figma until Friday', MIA))).not.toContain(
      'a later approval',
    );
  });

  test('of a bundle says that it has ends of its own', async () => {
    expect(introOf(await form('I need the starter kit until Friday'))).toContain(
      "A bundle has its own end dates, so the one that you wrote doesn't apply.",
    );
  });

  test('of more time counts from the end of what they have', async () => {
    const { stores, transact, now } = company.chat.services;
    const [ann, app] = await Promise.all([
      stores.people.findByEmail(ANN),
      stores.integrations.findByName('Pigeon Post'),
    ]);
    const hold = {
      id: 'hold',
      version: 1,
      personId: ann?.id ?? '',
      integrationId: app?.id ?? '',
      source: 'request' as const,
      givenBy: { kind: 'system' as const },
      startedAt: now(),
      endsAt: new Date('2026-12-02T00:00:00Z'),
    };
    await transact((tx) => tx.holds.insert(hold));
    const opened = await form('I need Pigeon Post until Friday');
    expect(opened.title).toBe('Keep Pigeon Post for longer');
    // From the end of Tuesday to that of Friday.
    expect(opened.fields['days']).toMatchObject({ initial: '72h' });
    expect(introOf(opened)).not.toContain('a later approval');
    expect(introOf(await form('I need Pigeon Post until tomorrow'))).toContain(
      'It already lasts past the date that you wrote.',
    );
    await transact((tx) => tx.holds.save({ ...hold, ended: { at: now(), why: 'revoked' } }));
  });

  test('sends what it opened with', async () => {
    const reply = await company.replyTo('I need GitHub for 3 days');
    if (reply?.kind !== 'open') throw new Error('It opens no form');
    await reply.form;
    const card = await new Clicker(company.chat, ANN).gets(reply.call, { reason: 'A workshop' });
    expect(card.title).toBe('You requested GitHub');
    const page = { offset: 0, limit: 10 };
    const { requests } = await company.chat.services.stores.requests.list({}, page);
    expect(requests).toMatchObject([{ hours: 72 }]);
    expect(textOf((await replyCard('I need GitHub')) ?? { title: '', blocks: [] })).toContain(
      'You have already requested GitHub',
    );
  });
});

/** What the form is refused with. */
async function replyCard(sentence: string): Promise<Card | undefined> {
  const reply = await company.replyTo(sentence);
  const opened = reply?.kind === 'open' ? await reply.form : undefined;
  return opened && 'refused' in opened ? opened.refused : undefined;
}

describe('where it is not sure', () => {
  test.each([
    ['I need Figma like a hole in the head', 'Request Figma… · Your access'],
    ['I need Figmaa', 'Request Figma…'],
    ['I need gihtub', 'Request GitHub…'],
    ['I need gihtub', 'Request GitHub… · Who has GitHub?', OWEN],
    ['who has githb?', 'Who has GitHub?', OWEN],
    ["I don't need Figam any more", 'Give back Figma…'],
    ['I need Figma for Zoltan', 'Request Figma…'],
    ['Bob needs GitHub', 'Grant GitHub to Bob Hill… · Grant GitHub to Bob Ray…', ADA],
    ['What does Bob have?', 'Access of Bob Hill · Access of Bob Ray', ADA],
  ])('%s: offers %s', async (sentence, offers, by = ANN) => {
    expect(await company.opens(sentence, by)).toBe(
      `What did you mean? · ${offers} · What I can do`,
    );
  });

  test('tells people of one name apart by their addresses', async () => {
    const { chat } = company;
    const sam = { firstName: 'Sam', lastName: 'Poe' };
    const people = [
      await chat.person({ ...sam, email: 'sam@example.com' }),
      await chat.person({ ...sam, email: 'sam.poe@example.com' }),
    ];
    const offers = 'Request GitHub for sam.poe@example.com… · Request GitHub for sam@example.com…';
    expect((await company.opens('Sam needs GitHub', ADA)).split(' · ').toSorted()).toEqual(
      [
        'What did you mean?',
        ...offers.replaceAll(/Request (\S+) for/g, 'Grant $1 to').split(' · '),
        'What I can do',
      ].toSorted(),
    );
    expect(await company.opens('What does Sam Poe have?', ADA)).toContain(
      'Access of sam.poe@example.com',
    );
    await chat.services.transact(async (tx) => {
      for (const person of people) await tx.people.save({ ...person, active: false });
    });
  });

  test('says that there are more people of that name than it offers', async () => {
    const { chat } = company;
    for (const n of [1, 2, 3, 4])
      await chat.person({ firstName: 'Kim', lastName: `No${n}`, email: `kim${n}@example.com` });
    for (const sentence of ['Kim needs GitHub', 'What does Kim have?']) {
      const reply = await company.replyTo(sentence, ADA);
      expect(reply?.kind === 'say' && textOf(reply.card)).toContain(
        'More people may have that name. Write the whole name, or the email address.',
      );
    }
    const reply = await company.replyTo('What does Bob have?', ADA);
    expect(reply?.kind === 'say' && textOf(reply.card)).not.toContain('More people');
  });

  test('offers each that they name', async () => {
    expect(await company.opens('I need Figma, GitHub, Pigeon Post and the starter kit')).toBe(
      'You named several · Request Figma… · Request GitHub… · Request Pigeon Post… · Request Starter kit… · What I can do',
    );
  });

  test('goes before the command where it names several, and leaves one to it', async () => {
    const turn = await company.chat.turn(ANN);
    const meant = (text: string) => inLocale('en-GB', () => openSentence(words(text), turn, true));
    expect(await meant('request Figma until Friday')).toBeUndefined();
    const reply = await meant('request Figma and GitHub');
    expect(reply?.kind === 'say' && buttonsOf(reply.card).map(({ label }) => label)).toEqual([
      'Request Figma…',
      'Request GitHub…',
      'What I can do',
    ]);
  });

  test('offers a bundle that has them all before each of them', async () => {
    const { transact } = company.chat.services;
    await transact(async (tx) => {
      const actor = { kind: 'system' } as const;
      const made = await makeBundle(tx, { name: 'Post kit', description: '', tags: '' }, { actor });
      if (!made.ok) throw new Error(made.why);
      for (const name of ['Figma', 'Pigeon Post']) {
        const integrationId = (await tx.integrations.findByName(name))?.id ?? '';
        const item = { integrationId, form: {}, answers: [] };
        await putItem(tx, made.bundle.id, { item, actor });
      }
    });
    expect(await company.opens('request Pigeon Post and Figma')).toBe(
      'You named several · Request Post kit… · Request Pigeon Post… · Request Figma… · What I can do',
    );
    expect(await company.opens('request Pigeon Post and GitHub')).toBe(
      'You named several · Request Pigeon Post… · Request GitHub… · What I can do',
    );
  });

  test('finds a name with a mistake among thousands that begin with one letter', async () => {
    const { db } = company.chat.database;
    const [row] = await db<object>('integrations').where({ name: 'Figma' });
    const others = Array.from({ length: 2500 }, (_, n) => {
      const name = `F ${String(n).padStart(5, '0')} board`;
      return { ...row, id: `many-${n}`, name, name_key: name.toLowerCase() };
    });
    for (let from = 0; from < others.length; from += 50)
      await db('integrations').insert(others.slice(from, from + 50));
    expect(await company.opens('I need Fgima')).toBe(
      'What did you mean? · Request Figma… · What I can do',
    );
    expect(await company.opens('I need F 02499 boadr')).toContain('F 02499 board');
    await db('integrations').where('id', 'like', 'many-%').delete();
  });

  test('a button opens the form, with the end', async () => {
    const reply = await company.replyTo('I need Figma and GitHub for 3 days');
    if (reply?.kind !== 'say') throw new Error('It says nothing');
    expect(reply.to).toBe('person');
    const opened = await new Clicker(company.chat, ANN)
      .opens(buttonOf(reply.card, 'Request GitHub…'))
      .then(
        ({ title }) => title,
        (error: unknown) => String(error),
      );
    expect(opened).toContain('You have already requested GitHub');
    const figma = buttonOf(reply.card, 'Request Figma…');
    expect((await new Clicker(company.chat, ANN).opens(figma)).fields['days']).toMatchObject({
      initial: '72h',
    });
  });
});

describe('someone else', () => {
  const mention = { kind: 'mention', userId: ANN, name: 'ann' } as const;

  test('can be mentioned', async () => {
    const text: CommandText = [mention, 'needs', 'Figma'];
    expect(await company.opens(text, MIA)).toBe('access.grant Figma for ann@example.com');
    expect(await company.opens(['I', 'need', 'Figma', 'for', mention], MIA)).toBe(
      'access.grant Figma for ann@example.com',
    );
  });

  test('is requested for where the manager may not grant', async () => {
    await company.settings('GitHub', { policy: { ...defaultPolicy, managersGrant: false } });
    expect(await company.opens('Bob needs GitHub for 3 days', MIA)).toBe(
      'request.ask GitHub for bob@example.com hours 72',
    );
    await company.settings('GitHub', { policy: defaultPolicy });
  });

  test.each([
    'Ann needs Figma',
    'Bob needs GitHub',
    'Ada Okafor needs Figma',
    'What does Ada have?',
    'Does Bob have Figma?',
    'bob@example.com needs Figma',
  ])('who is not theirs is not found: %s', async (sentence) => {
    expect(await company.opens(sentence, OWEN)).toBe('nothing');
  });

  test('oneself needs no manager', async () => {
    expect(await company.opens('Ann needs Figma')).toBe('request.ask Figma');
  });

  test('nobody is found by a part of a name', async () => {
    expect(await company.opens('An needs Figma', ADA)).toBe('nothing');
    expect(await company.opens('e needs Figma', ADA)).toBe('nothing');
  });

  test('who left is not found', async () => {
    const person = { email: 'lea@example.com', firstName: 'Lea', managerEmail: MIA };
    const lea = await company.chat.person(person);
    expect(await company.opens('Lea needs Figma', MIA)).toBe(
      'access.grant Figma for lea@example.com',
    );
    await company.chat.services.transact((tx) => tx.people.save({ ...lea, active: false }));
    expect(await company.opens('Lea needs Figma', MIA)).toBe('nothing');
  });
});

describe('what someone may not see', () => {
  test.each(['I need Zoom', 'I need Vault', 'I need Figma Admin', 'Who has Vault?', 'I need zom'])(
    '%s: nothing',
    async (sentence) => {
      expect(await company.opens(sentence)).toBe('nothing');
    },
  );

  test('an app that someone may not see changes no answer', async () => {
    const { chat } = company;
    const request = { url: 'https://api.example.com/u' };
    await chat.integration('Zebre', { execute: [request] });
    const sentences = [
      'I need Figma Falcon',
      'Who has Figma Falcon?',
      'I need Zebra',
      'I need a zebra falcon',
    ];
    const opened = () => Promise.all(sentences.map((sentence) => company.opens(sentence)));
    const before = await opened();
    expect(before[0]).toContain('Request Figma…');
    expect(before[2]).toContain('Request Zebre…');
    for (const name of ['Figma Falcon', 'Zebra Falcon']) {
      await chat.integration(name, { execute: [request] });
      await chat.services.transact(async (tx) => {
        const app = await tx.integrations.findByName(name);
        if (app) await tx.integrations.save({ ...app, enabled: false });
      });
    }
    expect(await opened()).toEqual(before);
    expect(await company.opens('Who has Figma Falcon?', ADA)).toBe('Who has Figma Falcon');
  });

  test('who may not see the people of an app reads who may, and asking is no refused attempt', async () => {
    const noted = () => company.chat.database.db('audit_log').count();
    const before = await noted();
    expect(await company.opens('Who has GitHub?', MIA)).toBe(
      "You can't see who has GitHub · Request GitHub… · Your access",
    );
    expect(await company.opens('who has githb?', MIA)).toContain("You can't see who has GitHub");
    expect(await noted()).toEqual(before);
  });

  test.each(["remove Bob's GitHub", 'Bob no longer needs GitHub', 'revoke GitHub from Bob'])(
    'the access of someone who is not theirs: %s: nothing',
    async (sentence) => {
      for (const by of [ANN, OWEN]) expect(await company.opens(sentence, by)).toBe('nothing');
    },
  );

  test('an app that was deleted has no name', async () => {
    const { transact, now } = company.chat.services;
    const request = { url: 'https://api.example.com/u' };
    await company.chat.integration('Gone', { execute: [request] });
    expect(await company.opens('I need Gone')).toBe('request.ask Gone');
    await transact(async (tx) => {
      const gone = await tx.integrations.findByName('Gone');
      if (gone) await tx.integrations.save({ ...gone, deletedAt: now() });
    });
    expect(await company.opens('I need Gone')).toBe('nothing');
    expect(await company.opens('I need Gonee')).toBe('nothing');
  });

  test('an import or a text provider is no app', async () => {
    await company.chat.integration('Staff list', {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    await company.settings('Staff list', { policy: NOBODY });
    expect(await company.opens('I need Staff list', ADA)).toBe('nothing');
  });
});

/** Words that sentences have, of every kind, and some that nothing has. */
const WORDS = [
  ...`I need who has do have for until Friday ich brauche bis Figma Admin GitHub Zoom Vault Pigeon Post
    Starter kit Figmaa Ann Bob Ada Lee needs give me access to don't any more 12/6 3 days 12.12. not wer
    hat nicht mehr braucht für § A P @ @ann 💥 (?<app>x) $ \\ % _ '`.split(/\s+/),
  '\0',
  '\uD800',
  'x'.repeat(400),
];

test('no sentence throws, acts, or shows more than the lists of who wrote it', {
  timeout: 60_000,
}, async () => {
  const { chat } = company;
  /** Names that no list shows them. */
  const hidden: Readonly<Record<string, readonly string[]>> = {
    [ANN]: ['Figma Admin', 'Zoom', 'Vault', 'Bob', 'Ada', 'Hill', 'Okafor', 'Owen'],
    [MIA]: ['Vault', 'Ada', 'Hill', 'Okafor', 'Owen'],
  };
  const before = await everything();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string()), { maxLength: 9 }),
      fc.constantFrom(ANN, MIA),
      fc.constantFrom('en', 'de'),
      async (text, by, locale) => {
        const reply = await company.replyTo(text, by, locale);
        if (reply?.kind === 'open') await reply.form;
        const said = reply?.kind === 'say' ? textOf(reply.card) : '';
        expect(hidden[by]?.filter((name) => said.includes(name))).toEqual([]);
      },
    ),
    { numRuns: 150, seed: 22 },
  );
  expect(await everything()).toEqual(before);

  /** What an act would leave. */
  async function everything() {
    const tables = ['access_requests', 'runs', 'holds', 'tasks', 'removals'];
    return Promise.all(tables.map((table) => chat.database.db(table).count()));
  }
});

test('a long sentence takes no time', () => {
  const before = process.cpuUsage();
  for (const part of [
    'I need ',
    'until ',
    'a ',
    '12 ',
    'ich brauche für ',
    'who has and ',
    '!,',
    "'",
  ])
    readSentence(words(part.repeat(100_000)), sentenceLanguages('de'), {
      today: '2026-11-30',
      weekend: [6, 7],
    });
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});

describe('through the bot', () => {
  test.each([
    'Please do add Figma to what I have, many thanks',
    "Hi, I'm new here, the wiki says Blender is in the toolbox, thanks",
    'bitte Blender, danke',
  ])('a wish that is not understood is not thanked for: %s', async (text) => {
    expect(await company.says(text)).not.toContain("You're welcome");
  });

  test.each(["don't give Ann Figma", 'is the request approved?', 'take a look away from it'])(
    'a command in the middle of something else is no guess: %s',
    async (text) => {
      expect(await company.says(text)).not.toContain('Did you mean');
    },
  );

  test.each([
    ['show my tasks!', 'You have no open tasks.'],
    ['I need help with Figma', 'Did you mean help with Figma?'],
  ])('a command behind words that say nothing is one: %s', async (text, said) => {
    expect(await company.says(text)).toContain(said);
  });

  test('a word goes before a sentence', async () => {
    expect(await company.says('access')).not.toContain('form');
    expect(await company.says('request Figma')).toBe('form Request Figma');
    expect(await company.says('request Figma until Friday')).toBe('form Request Figma');
  });

  test.each([
    ['give me Figma', 'form Request Figma'],
    ['grant me access to Figma', 'form Request Figma'],
    ['access to Figma for 3 days', 'form Request Figma'],
    ['request access to Figma', 'form Request Figma'],
    ['give Zoltan Figma', 'Nothing that you have matches "Zoltan Figma"'],
    ['give back Figmaa', 'Nothing that you have matches "Figmaa"'],
    ['access Figma', 'No one you can view matches "Figma"'],
  ])('a word goes before all but a sentence that leaves no doubt: %s', async (text, said) => {
    expect(await company.says(text)).toContain(said);
  });

  test.each([
    'Thanks, I have it now',
    'thanks for the Figma access!',
    'Many thanks for approving my request!',
    'Figma, thanks',
    'I got Figma, thank you',
    'Danke für Figma',
  ])('thanks are no wish: %s', async (text) => {
    expect(await company.says(text)).toBe("You're welcome");
  });

  test.each(['what is Figma?', 'who is Ann?', 'remove me from this channel'])(
    'what is about something else opens nothing: %s',
    async (text) => {
      expect(await company.says(text)).toContain(`I don't know "${text.split(' ')[0]}`);
    },
  );

  test.each(['I forgot my password for Figma', 'pin this', 'secret santa'])(
    'a word that only sounds like a secret is none: %s',
    async (text) => {
      expect(await company.says(text)).not.toContain('may have a password');
    },
  );

  test('a sentence opens its form', async () => {
    expect(await company.says('I need Figma until Friday')).toBe('form Request Figma');
  });

  test('what names nothing is answered as before', async () => {
    expect(await company.says('I need Blender')).toContain(
      'No app you can request matches "Blender"',
    );
    expect(await company.says('acess Ann')).toContain('Did you mean access Ann?');
    expect(await company.says('I love Figma')).toContain('I don\'t know "I love Figma"');
  });

  test.each([
    'my password is hunter2 for Blender',
    'I need Blender, the token: abc',
    'I need xoxb-1234567890',
    'use ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'Mein Passwort lautet geheim1',
    'https://latchkey.example/links/01a22de3-7212-764c-a36a-88cc5ce98510.OJFkmtUW4Izh5mVhgFHbROlFXti-abc',
    'https://blender.example/?key=abc4Izh5mVhgFHbROlFX',
  ])('nothing of a text with a secret is repeated: %s', async (text) => {
    const said = await company.says(text);
    expect(said).toContain('may have a password or a key in it');
    for (const word of ['hunter2', 'abc', 'xoxb', 'ghp_', 'geheim1', 'Blender'])
      expect(said).not.toContain(word);
  });

  test.each([
    'http://localhost:3978/overview/01a22de3-7212-764c-a36a-88cc5ce98510/people',
    'see https://latchkey-2.harbour.example/api/v1/docs please',
  ])('the address of a page is no secret: %s', async (text) => {
    const said = await company.says(text);
    expect(said).toContain(`I don't know "${text.slice(0, 20)}`);
    expect(said).not.toContain('password');
  });
});
