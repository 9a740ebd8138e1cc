/** Whom and what of several a sentence means: where it doesn't say which, Latchkey asks, and no one who was named is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADA,
  ANN,
  type Company,
  casesOf,
  companyWithSentences,
  genannt,
  MIA,
  named,
  type Row,
  unsicher,
  unsure,
} from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
  const { chat } = company;
  const joerg = { email: 'jm@example.com', firstName: 'Jörg', lastName: 'Müller' };
  await chat.person({ ...joerg, managerEmail: MIA });
  const execute = [{ url: 'https://api.example.com/u' }];
  await chat.integration('Büroschlüssel', { execute });
  for (const name of ['Tuersystem', 'Bjørk', 'Łódź Portal'])
    await chat.integration(name, { execute });
});
afterAll(() => company.chat.cleanup());

const BOTH = ['Grant Figma to Ann Lee…', 'Grant Figma to Bob Ray…'];
const BEIDE = ['Ann Lee Zugriff auf Figma erteilen …', 'Bob Ray Zugriff auf Figma erteilen …'];
const ALONE = 'Bob Ray Zugriff auf Figma erteilen …';

const ROWS: readonly Row[] = [
  // One of several.
  [
    MIA,
    'en',
    unsure(...BOTH),
    'Either Ann or Bob needs Figma',
    'Ann or Bob needs Figma',
    'Figma for either Ann or Bob',
    'I need Figma for Ann or Bob',
    'one of Ann and Bob needs Figma',
  ],
  [
    MIA,
    'de',
    unsicher(...BEIDE),
    'Entweder Ann oder Bob braucht Figma',
    'Ann oder Bob braucht Figma',
    'Ich brauche Figma für Ann oder Bob',
    'Einer von Ann und Bob braucht Figma',
    'Frau Lee oder Herr Ray braucht Figma',
  ],
  [
    MIA,
    'en',
    unsure('Revoke Figma from Ann Lee…', 'Revoke Figma from Bob Ray…'),
    'revoke Figma from Ann or Bob',
    'remove Ann or Bob from Figma',
  ],
  [MIA, 'en', unsure('Access of Ann Lee', 'Access of Bob Ray'), 'what do Ann or Bob have'],
  [
    ADA,
    'en',
    unsure('Plan the last day of Ann Lee…', 'Plan the last day of Jörg Müller…'),
    'Either Ann or Jörg leaves on Friday',
  ],
  [
    ADA,
    'de',
    unsicher('Letzter Tag von Ann Lee …', 'Letzter Tag von Jörg Müller …'),
    'Ann oder Jörg verlässt uns am Freitag',
  ],
  [
    ANN,
    'en',
    unsure('Request Figma…', 'Request GitHub…'),
    'I need Figma or GitHub',
    'either Figma or GitHub please',
    'I need access to Figma or to GitHub',
  ],
  [
    ANN,
    'de',
    unsicher('Figma anfragen …', 'GitHub anfragen …'),
    'Ich brauche Figma oder GitHub',
    'Entweder Figma oder GitHub bitte',
  ],
  // All of several.
  [MIA, 'en', named(...BOTH), 'both Ann and Bob need Figma'],
  [MIA, 'de', genannt(...BEIDE), 'Sowohl Ann als auch Bob brauchen Figma'],
  [
    MIA,
    'en',
    named('Request Figma…', 'Grant Figma to Bob Ray…'),
    'me and Bob need Figma',
    'I and Bob need Figma',
  ],
  [MIA, 'en', named('Grant Figma to Ann Lee…', 'Request Figma…'), 'Ann and I need Figma'],
  [MIA, 'de', genannt('Figma anfragen …', ALONE), 'Ich und Bob brauchen Figma'],
  [MIA, 'en', unsure('Grant Figma to Bob Ray…'), 'she and Bob need Figma'],
  [
    MIA,
    'en',
    named('Revoke Figma from Ann Lee…', 'Revoke Figma from Bob Ray…'),
    "remove Ann's and Bob's Figma",
  ],
  [MIA, 'en', named('Access of Ann Lee', 'Access of Bob Ray'), "show Ann's and Bob's access"],
  [
    ADA,
    'en',
    named('Plan the last day of Ann Lee…', 'Plan the last day of Jörg Müller…'),
    "Ann's and Jörg's last day is Friday",
  ],
  // Each has an app of their own.
  [
    MIA,
    'en',
    named('Grant Figma to Ann Lee…', 'Grant GitHub to Bob Ray…'),
    'Figma for Ann, GitHub for Bob',
    'Figma for Ann and GitHub for Bob',
    'I need Figma for Ann and GitHub for Bob',
  ],
  [
    MIA,
    'de',
    genannt('Ann Lee Zugriff auf Figma erteilen …', 'Bob Ray Zugriff auf GitHub erteilen …'),
    'Figma für Ann, GitHub für Bob',
  ],
  [MIA, 'en', unsure('Grant Figma to Ann Lee…'), 'Figma for Ann, GitHub for Xaver'],
  // All but one, and one in place of another.
  [
    MIA,
    'en',
    'nothing',
    'everyone but Ann needs Figma',
    'everybody apart from Ann needs Figma',
    'remove everyone except Ann from Figma',
    'nobody except Ann needs Figma',
    'Bob instead of Ann needs Figma',
    'transfer Figma from Ann to Bob',
    "Ann's team needs Figma",
    "Bob's manager needs Figma",
    'Ann thinks Bob needs Figma',
  ],
  [
    MIA,
    'de',
    'nothing',
    'Alle bis auf Ann brauchen Figma',
    'Jeder außer Ann braucht Figma',
    'Figma für alle außer Ann',
    'Gib Bob statt Ann Figma',
    'Ann übernimmt Bobs Figma',
    'Anns Vertretung braucht Figma',
    'Ich brauche Figma nicht für Ann',
  ],
  [
    MIA,
    'de',
    unsicher('Figma anfragen …', 'Ihr Zugriff'),
    'Ich brauche Figma für alle außer Ann',
    'Ich brauche Figma für alle ausser Ann und Bob',
  ],
  [ANN, 'en', 'nothing', 'I need everything but Figma', 'I need all apps except Figma'],
  [ANN, 'de', 'nothing', 'Ich brauche alles außer Figma'],
  [
    MIA,
    'en',
    unsure('Grant Figma to Bob Ray…'),
    'not Ann but Bob needs Figma',
    'Bob needs Figma, not Ann',
    'Bob and not Ann needs Figma',
  ],
  [
    MIA,
    'de',
    unsicher(ALONE),
    'Nicht Ann, sondern Bob braucht Figma',
    'Bob braucht Figma, Ann nicht',
  ],
  [ANN, 'en', unsure('Request Figma…', 'Your access'), 'I need Figma when Bob leaves'],
  // Names as people spell them.
  [
    MIA,
    'de',
    'access.grant Figma for jm@example.com',
    'Joerg braucht Figma',
    'Jörg Mueller braucht Figma',
  ],
  [MIA, 'en', 'access for jm@example.com', "Joerg's access", 'what does Jorg have?'],
  [
    ANN,
    'de',
    'request.ask Büroschlüssel',
    'Ich brauche Bueroschluessel',
    'Ich brauche den Büroschlüssel',
  ],
  [ANN, 'de', 'request.ask Tuersystem', 'Ich brauche Türsystem', 'Tuersystem bitte'],
  [ANN, 'en', 'request.ask Bjørk', 'I need Bjork', 'I need Bjoerk', 'I need Bjørk'],
  [ANN, 'en', 'request.ask Łódź Portal', 'I need Lodz Portal'],
  // Another address may be someone else's.
  [MIA, 'en', 'access.grant Figma for jm@example.com', 'JM@example.com needs Figma'],
  [MIA, 'en', unsure('Grant Figma to jm@example.com…'), 'ĵm@example.com needs Figma'],
  [MIA, 'en', unsure('Access of jm@example.com'), "ĵm@example.com's access"],
];

describe('whom and what is meant', () => {
  test.each(casesOf(ROWS))('$by: $sentence: $opens', async ({ by, language, opens, sentence }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });
});
