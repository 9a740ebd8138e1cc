/** What an office writes besides: several people, umlauts, negations, thanks, quotes, emoji; and what the bot says where it is not sure. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADA,
  ANN,
  type Company,
  companyWithSentences,
  genannt,
  MIA,
  named,
  OWEN,
  unsicher,
  unsure,
} from './support.ts';

const JOERG = 'jm@example.com';
const ANNA = 'as@example.com';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
  const { chat } = company;
  const names = [
    [JOERG, 'Jörg', 'Müller'],
    [ANNA, 'Anna', 'Schmidt'],
    ['lo@example.com', 'Lars', "O'Neil"],
  ] as const;
  for (const [email, firstName, lastName] of names)
    await chat.person({ email, firstName, lastName, managerEmail: MIA });
});
afterAll(() => company.chat.cleanup());

type Row = readonly [opens: string, ...sentences: string[]];

const EN: Readonly<Record<string, readonly Row[]>> = {
  [ANN]: [
    [
      'request.ask Figma',
      'I need Figma now',
      'FIGMA!!!',
      'gimme figma',
      'pls giv me figma',
      'i wanna use figma',
      'can i haz figma',
      'could i get acces too figma',
      'is there Figma?',
      "I don't have Figma yet",
      'i dont hav figma',
      'Re: Figma access',
      'Hello team, I need Figma',
      ':wave: can I get figma? :pray:',
      '🚀 need figma asap!!!!',
    ],
    [
      unsure('Request Figma…'),
      'I need igma',
      'I need Gigma',
      'I need ifgma',
      "thanks, but I still don't have Figma",
      'sorry, wrong window, I meant Figma',
    ],
    [unsure('Request GitHub…'), 'I need itHub', 'thanks but I need GitHub too'],
    [unsure('Request GitHub…', 'Your access'), 'I need GitHub instead of Figma'],
    [named('Request Figma…', 'Request GitHub…'), 'i need figma n github'],
    [
      'access.give-back Figma',
      'I need Figma no more',
      'I need Figma no longer',
      'done with figma',
      "I don't need figma anymore",
    ],
    [
      unsure('Give back Figma…', 'Your access'),
      'I need Figma less',
      "I won't need Figma until Friday",
    ],
    ['access for ann@example.com', 'when does my access end?', 'lost my figma'],
    ['nothing', 'I need a room'],
  ],
  [MIA]: [
    [
      'access.grant Figma for ann@example.com',
      'ann neds figma',
      'pls giv ann figma',
      'my colleague Ann needs Figma',
      'our new hire Ann needs Figma',
      'I need Figma for my colleague Ann',
      'Lee, Ann needs Figma',
      'Ann wrote: "I need Figma"',
      'Ann asked: can I get Figma?',
      'Ann asked for Figma',
      'Ann 👩‍💻 needs Figma',
      'Ann needs Figma too',
      'Ann needs Figma longer',
    ],
    [
      'access.grant Figma for ann@example.com until 2026-12-04',
      'Fwd: Ann needs Figma until Friday',
      "extend Ann's Figma until Friday",
    ],
    [
      'access.grant Figma for ann@example.com unclear true',
      'Ann is starting on Monday and needs Figma',
    ],
    [
      `access.grant Figma for ${JOERG}`,
      'Jörg needs Figma',
      'jorg needs figma',
      'Mr Müller needs Figma',
      'joerg needs figma',
      'Joerg Mueller needs Figma',
    ],
    [`access.grant Figma for ${ANNA}`, 'Anna needs Figma'],
    ['access.grant Figma for lo@example.com', 'Lars O’Neil needs Figma'],
    [
      named('Grant Figma to Ann Lee…', 'Grant Figma to Bob Ray…'),
      'Ann and Bob need Figma',
      'Ann & Bob need Figma',
      'give Ann and Bob Figma',
      'I need Figma for Ann and Bob',
    ],
    [
      unsure('Grant Figma to Ann Lee…', 'Grant Figma to Bob Ray…'),
      'Ann or Bob needs Figma',
      'Either Ann or Bob needs Figma',
      'Figma for either Ann or Bob please',
      'Figma for Ann, Bob',
      'Ann, Bob need Figma',
    ],
    [
      named('Grant Figma to Ann Lee…', 'Grant Figma to Bob Ray…', 'Grant Figma to Jörg Müller…'),
      'Ann, Bob and Jörg need Figma',
    ],
    [named('Request Figma…', 'Grant Figma to Ann Lee…'), 'I need Figma for me and Ann'],
    [named('Access of Ann Lee', 'Access of Bob Ray'), 'what do Ann and Bob have'],
    [
      named('Revoke Figma from Ann Lee…', 'Revoke Figma from Bob Ray…'),
      'please remove Figma from Ann and Bob',
    ],
    [
      unsure('Grant Figma to Ann Lee…', 'Grant GitHub to Bob Ray…'),
      'Ann needs Figma and Bob needs GitHub',
      'Ann needs Figma, Bob needs GitHub',
    ],
    [unsure('Grant Figma to Ann Lee…'), 'Ann and Zoltan need Figma', 'Ann says she needs Figma'],
    [
      unsure('Grant Figma to Ann Lee…', 'Access of Ann Lee'),
      'Ann needs Figma explained',
      'Ann needs Figma training',
    ],
    [
      unsure('Revoke Figma from Ann Lee…', 'Access of Ann Lee'),
      'Ann needs Figma less',
      'Ann needs Figma rarely',
      "end Ann's Figma on Friday",
    ],
    [
      'access.revoke Figma for ann@example.com',
      'Ann needs Figma no more',
      'Ann no longer works with Figma',
      'Ann stopped using Figma',
      'Ann needs to be removed from Figma',
      'Ann wants out of Figma',
    ],
    [`access for ${ANNA}`, "Anna's access"],
    ['access for ann@example.com', "what's Ann got"],
    [
      'nothing',
      'Ann needs no Figma',
      'nobody needs Figma',
      'Ann must not get Figma',
      "Ann told me she doesn't need Figma",
      'An needs Figma',
      'Annn needs Figma',
      'Bobby needs Figma',
      'She needs Figma',
      'all my reports need Figma',
      'why does Ann need Figma?',
    ],
  ],
  [ADA]: [
    [
      'offboarding.plan for ann@example.com on 2026-11-30',
      'Ann is leaving tonight',
      'Ann leaves today',
    ],
    ['offboarding.plan for ann@example.com on 2026-12-04', 'offboard Ann on Friday'],
    ['offboarding.plan for ann@example.com', 'Ann was let go', 'Ann has left the company'],
    [
      named('Plan the last day of Ann Lee…', 'Plan the last day of Jörg Müller…'),
      'Ann and Jörg are leaving on Friday',
    ],
    [
      'nothing',
      'Ann is leaving tonight at 8',
      'Ann is leaving at 8 tonight',
      'Ann is leaving early tonight',
      'is Ann leaving tonight?',
      "Ann's last day was Friday",
    ],
  ],
  [OWEN]: [['Who has GitHub', 'Everyone with GitHub', 'who in my team has GitHub']],
};

const DE: Readonly<Record<string, readonly Row[]>> = {
  [ANN]: [
    [
      'request.ask Figma',
      'brauch figma',
      'ich bräucht figma',
      'könnt ich bitte figma haben',
      'hätt gern figma',
      'kann ich figma ham',
      'hab kein figma',
      'Ich brauche ab sofort Figma',
      'WG: Figma-Zugang',
    ],
    [unsicher('GitHub anfragen …'), 'Danke, aber ich brauche noch GitHub'],
    [
      'access.give-back Figma',
      'brauch kein figma mehr',
      'figma kann weg',
      'ich will figma nicht mehr haben',
      'Ich brauche Figma gar nicht mehr',
    ],
    [unsicher('Figma zurückgeben …', 'Ihr Zugriff'), 'Ich brauche Figma kaum noch'],
    ['access for ann@example.com', 'wie lang hab ich figma noch', 'komm nicht in figma rein'],
  ],
  [MIA]: [
    [
      'access.grant Figma for ann@example.com',
      'ann brauch figma',
      'Ann bräuchte Figma',
      'Ann braucht ebenfalls Figma',
    ],
    [
      'access.grant Figma for ann@example.com unclear true',
      'Ann fängt am Montag an und braucht Figma',
    ],
    [
      'access.grant Figma for ann@example.com until 2026-12-04',
      'Verlängere Anns Figma bis Freitag',
    ],
    [
      `access.grant Figma for ${JOERG}`,
      'Herr Müller braucht Figma',
      'jörg müller braucht figma',
      'Joerg braucht Figma',
    ],
    [`access.grant GitHub for ${ANNA}`, 'Kollegin Schmidt braucht GitHub'],
    [unsicher('Ann Lee Zugriff auf Figma erteilen …'), 'Ann schreibt, dass sie Figma braucht'],
    [
      genannt('Ann Lee Zugriff auf Figma erteilen …', 'Bob Ray Zugriff auf Figma erteilen …'),
      'Ann und Bob brauchen Figma',
      'Gib Ann und Bob bitte Figma',
      'Ich brauche Figma für Ann und Bob',
    ],
    [
      unsicher('Ann Lee Zugriff auf Figma entziehen …', 'Zugriff von Ann Lee'),
      'Ann braucht Figma weniger',
      'Ann braucht Figma kaum noch',
      'Ann braucht Figma ab Freitag nicht mehr',
    ],
    [
      'access.revoke Figma for ann@example.com',
      'Ann braucht Figma gar nicht mehr',
      'Ann braucht Figma überhaupt nicht',
      'Ann will Figma loswerden',
    ],
    [`access for ${JOERG}`, 'Jörgs Zugänge zeigen', 'was hat müller'],
    ['nothing', 'Ann soll kein Figma bekommen', 'Mein Team braucht Figma', 'Ann hat Figma nicht'],
  ],
  [ADA]: [
    ['offboarding.plan for ann@example.com on 2026-11-30', 'Ann verlässt uns heute Abend'],
    ['offboarding.plan for ann@example.com', 'Ann wurde gekündigt'],
    ['nothing', 'Ann geht heute Abend um 8', 'Anns letzter Tag war Freitag'],
  ],
};

const rowsOf = (table: typeof EN, language: string) =>
  Object.entries(table).flatMap(([by, rows]) =>
    rows.flatMap(([opens, ...sentences]) =>
      sentences.map((sentence) => ({ by, opens, sentence, language })),
    ),
  );
const rows = [...rowsOf(EN, 'en'), ...rowsOf(DE, 'de')];

describe('an office writes', () => {
  test.each(rows)('$by: $sentence: $opens', async ({ by, opens, sentence, language }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });

  test('more than a hundred sentences, each once', () => {
    expect(new Set(rows.map(({ sentence }) => sentence)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(100);
  });

  test('who is named and not found is said', async () => {
    const textOfReply = async (text: string) => JSON.stringify(await company.replyTo(text, MIA));
    expect(await textOfReply('Ann and Zoltan need Figma')).toContain(
      "You can't view everyone you named, or there is a typo.",
    );
    expect(await textOfReply('Ann and Bob need Figma')).not.toContain('everyone you named');
  });
});

describe('what opens nothing', () => {
  test.each(['yes', 'no', 'ok', 'ok, done!', 'approved', '👍', '🙏🙏', ':thumbsup:', 'Ja', 'nvm'])(
    'an answer to a card is given by its buttons: %s',
    async (text) => {
      expect(await company.says(text)).toBe(
        'Nothing changed\nTo answer a card, press one of its buttons. home shows what needs you.',
      );
    },
  );

  test.each([
    'what can you do?',
    'can you help me?',
    'who are you?',
    'are you a bot?',
    'Was kannst du?',
    'Good evening!',
    'Hallo, zusammen 👋',
  ])('who greets, or asks who we are, reads the welcome: %s', async (text) => {
    expect(await company.says(text)).toBe('card welcome');
  });

  test.each(['thanks but I like tea', 'Ann must not get Figma', 'do we use figma here?'])(
    'what is not understood is repeated, with what can be done: %s',
    async (text) => {
      expect(await company.says(text)).toMatch(
        /^I don't know ".+"\nType help to see what I can do\.$/,
      );
    },
  );

  test.each([
    ['offboard Ann on Friday', ADA, 'form Offboard someone'],
    ['give Ann and Bob Figma', MIA, 'You named several'],
    ['extend Ann Figma', MIA, 'form Grant Figma'],
  ])('a command that says more is a sentence: %s', async (text, by, said) => {
    expect(await company.says(text, by)).toContain(said);
  });

  test('no opposite is guessed', async () => {
    expect(await company.says('fire Zoltan', ADA)).not.toContain('hire');
  });
});
