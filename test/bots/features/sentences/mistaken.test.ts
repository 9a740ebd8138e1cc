/** Sentences that are easily misread: someone else's app, who speaks, what was and what may be, exceptions, quotes and questions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADA,
  ANN,
  type Company,
  casesOf,
  companyWithSentences,
  MIA,
  type Row,
  unsicher,
  unsure,
} from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
  const { chat } = company;
  const jen = { email: 'jen@example.com', firstName: 'Jen', lastName: 'Fox' };
  await chat.person({ ...jen, managerEmail: MIA });
  const joerg = { email: 'jm@example.com', firstName: 'Jörg', lastName: 'Müller' };
  await chat.person({ ...joerg, managerEmail: MIA });
});
afterAll(() => company.chat.cleanup());

const ROWS: readonly Row[] = [
  // Jens is someone else than Jen.
  [
    MIA,
    'en',
    'nothing',
    'Jens needs Figma',
    'give Jens Figma',
    'what does Jens have?',
    'Jens no longer needs Figma',
    "give Ann's Figma to Zoltan",
    "grant Ann's Figma to Bob",
  ],
  [MIA, 'de', 'nothing', 'Jens braucht Figma', 'Gib Jens Figma', 'Was hat Jens?'],
  [MIA, 'en', 'access for jen@example.com', "Jen's access", 'show Jens access'],
  [MIA, 'en', 'access.revoke Figma for ann@example.com', "remove Ann's Figma"],
  [MIA, 'de', 'access for jen@example.com', 'Jens Zugänge zeigen'],
  // Who speaks.
  [
    MIA,
    'en',
    unsure('Request Figma…', 'Grant Figma to Ann Lee…'),
    'Ann says I need Figma',
    'Ann told me that I need Figma',
  ],
  [MIA, 'en', 'access.grant Figma for ann@example.com', 'Ann says: I need Figma'],
  [
    MIA,
    'en',
    unsure('Grant Figma to Ann Lee…'),
    'Ann says they need Figma',
    'Ann said he needs Figma',
  ],
  [
    MIA,
    'de',
    unsicher('Figma anfragen …', 'Ann Lee Zugriff auf Figma erteilen …'),
    'Ann sagt, ich brauche Figma',
  ],
  [MIA, 'de', 'access.grant Figma for ann@example.com', 'Ann schreibt: „Ich brauche Figma“'],
  [MIA, 'en', 'nothing', 'Ann is away, Bob is new and needs Figma'],
  [MIA, 'de', 'nothing', 'Ann ist weg, Bob ist neu und braucht Figma'],
  // Exceptions.
  [
    MIA,
    'en',
    'nothing',
    'all but Ann need Figma',
    'give all but Ann Figma',
    'everyone but Ann needs Figma',
    'my whole team but Ann needs Figma',
    'give everyone except Ann Figma',
  ],
  [
    MIA,
    'en',
    unsure('Revoke GitHub from Ann Lee…'),
    "Ann doesn't need GitHub but Figma",
    "Ann doesn't need GitHub, but Figma",
  ],
  [ANN, 'en', unsure('Give back GitHub…'), "I don't need GitHub but Figma"],
  [
    MIA,
    'en',
    unsure('Grant Figma to Bob Ray…'),
    'not Ann but Bob needs Figma',
    'Ann is away and Bob is new and needs Figma',
  ],
  [MIA, 'en', unsure('Request Figma…'), 'I need Figma for everyone except Ann'],
  [MIA, 'de', 'nothing', 'Alle außer Ann brauchen Figma', 'Gib allen außer Ann Figma'],
  [
    MIA,
    'de',
    unsicher('Ann Lee Zugriff auf GitHub entziehen …'),
    'Ann braucht kein GitHub, aber Figma',
    'Ann braucht kein GitHub, sondern Figma',
  ],
  // For someone without a name it isn't the writer's request.
  [
    ANN,
    'en',
    unsure('Request Figma…', 'Your access'),
    'I need Figma for my colleague',
    'I need Figma for our new hire',
    'can I get Figma for my boss?',
    'I want Figma to be faster',
    'I need Figma to stop emailing me',
    'I need Figma to work again',
  ],
  [ANN, 'de', unsicher('Figma anfragen …', 'Ihr Zugriff'), 'Ich brauche Figma für meine Kollegin'],
  [
    ANN,
    'en',
    'request.ask Figma',
    'I need Figma to work on the design',
    'I need Figma for my team',
  ],
  // A person who is guessed is asked about, also where the app has a longer name.
  [MIA, 'en', unsure('Grant Pigeon Post to Ann Lee…'), 'Ann and Zoltan need Pigeon'],
  [ANN, 'en', unsure('Give back Pigeon Post…'), "I don't need Pigeon until Friday"],
  // What was: without an umlaut it may be either.
  [
    ANN,
    'de',
    unsicher('Figma anfragen …'),
    'Ich mochte Figma',
    'Ich brauchte Figma',
    'Konnte ich Figma nutzen?',
  ],
  [MIA, 'de', unsicher('Ann Lee Zugriff auf Figma erteilen …'), 'Ann mochte Figma'],
  [ANN, 'de', 'request.ask Figma', 'Ich möchte Figma', 'ICH MÖCHTE FIGMA', 'Ich moechte Figma'],
  [
    ANN,
    'en',
    'nothing',
    'I needed Figma',
    'I used to need Figma',
    'I wish I had needed Figma',
    'Figma was nice',
  ],
  [MIA, 'en', 'nothing', 'Ann needed Figma', 'Ann should have used Figma', 'Ann wanted Figma'],
  // Someone else's words as a whole.
  [ANN, 'en', unsure('Request Figma…'), '> I need Figma', '"I need Figma"', '“I need Figma.”'],
  [ANN, 'de', unsicher('Figma anfragen …'), '„Ich brauche Figma“'],
  [ANN, 'en', 'request.ask Figma', '"Figma"', 'I need "Figma"'],
  // Whom it is said to.
  [
    MIA,
    'en',
    unsure('Grant Figma to Bob Ray…', 'Grant Figma to Ann Lee…'),
    'Bob, Ann needs Figma',
    'Hi Bob, Ann needs Figma',
    'Thanks Bob! Ann needs Figma',
  ],
  [MIA, 'en', 'nothing', 'neither Ann nor Bob needs Figma'],
  // A question is a wish where it says so.
  [MIA, 'en', unsure('Grant Figma to Ann Lee…'), 'Ann needs Figma?'],
  [MIA, 'en', 'access.grant Figma for ann@example.com', 'Could Ann have Figma?'],
  [
    MIA,
    'en',
    unsure('Revoke Figma from Ann Lee…'),
    "Ann doesn't need Figma?",
    'Ann stopped using Figma?',
  ],
  [
    MIA,
    'en',
    'access.revoke Figma for ann@example.com',
    'Can you remove Ann from Figma?',
    'Could someone please remove Ann from Figma?',
  ],
  [ANN, 'en', unsure('Give back Figma…'), "I don't need Figma?"],
  [ANN, 'en', 'access.give-back Figma', 'How do I give back Figma?'],
  [MIA, 'de', unsicher('Ann Lee Zugriff auf Figma erteilen …'), 'Ann braucht Figma?'],
  [MIA, 'de', 'access.grant Figma for ann@example.com', 'Könnte Ann Figma nutzen?'],
  // The last day: what may be a joke, a question, or about something else.
  [
    ADA,
    'en',
    unsure('Plan the last day of Ann Lee…'),
    'fire Ann',
    'fire Ann on Friday',
    'please dismiss Ann',
    'Ann has left',
    'Ann has just left',
    'Ann has left already',
    'Ann has left today',
    'Ann is leaving now',
    'Ann is leaving again',
    'Ann is leaving?',
    'Ann is leaving on Friday?!',
    'maybe Ann is leaving on Friday',
    'Perhaps Ann leaves on Friday',
    '> Ann is leaving on Friday',
    '"Ann is leaving"',
  ],
  [
    ADA,
    'de',
    unsicher('Letzter Tag von Ann Lee …'),
    'Ist am Freitag Anns letzter Tag?',
    'Ist morgen Anns letzter Tag?',
    'Ann verlässt uns?',
    'Ann verlässt uns vielleicht',
    'Ann hört vielleicht am Freitag auf',
  ],
  [
    ADA,
    'en',
    'nothing',
    'is Ann leaving on Friday?',
    'did Ann leave?',
    "when is Ann's last day?",
    "don't fire Ann",
    'never fire Ann',
    'Ann almost left the company',
    'I wish Ann had left the company',
    'Ann has left the building',
    'Ann left for lunch',
    'Ann got fired up',
    'Bob says Ann is leaving',
    'I heard Ann is leaving',
    'fire drill on Friday',
  ],
  [
    ADA,
    'de',
    'nothing',
    'Wann ist Anns letzter Tag?',
    'Verlässt uns Ann?',
    'Ann verlässt das Büro',
    'Ann hört auf zu rauchen',
  ],
  // A day on which it was said is no last day.
  [
    ADA,
    'en',
    'offboarding.plan for ann@example.com',
    'Ann resigned today',
    'Ann has resigned on Friday',
    'Ann handed in her notice today',
    'Ann has left the company on Friday',
    'Ann was fired on Friday',
    'Ann was let go today',
  ],
  [
    ADA,
    'de',
    'offboarding.plan for ann@example.com',
    'Ann hat heute gekündigt',
    'Ann kündigt am Freitag',
    'Ann wurde am Freitag entlassen',
    'Ann hat uns am Freitag verlassen',
  ],
  [
    ADA,
    'de',
    'offboarding.plan for ann@example.com on 2026-12-04',
    'Ann kündigt zum 4. Dezember',
    'Ann hat zum 4. Dezember gekündigt',
    'Ann wurde zum 4.12. gekündigt',
    'Ann wird am Freitag entlassen',
  ],
  [
    ADA,
    'en',
    'offboarding.plan for ann@example.com on 2026-12-04',
    'Ann will be let go on Friday',
    'offboard Ann on Friday',
    'Ann quits on Friday',
  ],
];

describe('what is easily mistaken', () => {
  test.each(casesOf(ROWS))('$by: $sentence: $opens', async ({ by, language, opens, sentence }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });
});
