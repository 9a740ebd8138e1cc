/** Sentences about everyday matters: approvers, stolen devices, people who stay or come back, and teams. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOffboarding } from '../../../../src/engine/offboarding/offboard.ts';
import { present } from '../../../support/given/outcomes.ts';
import {
  ADA,
  ANN,
  type Company,
  casesOf,
  companyWithSentences,
  MIA,
  NOBODY,
  OWEN,
  type Row,
  unsicher,
  unsure,
} from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
  const { chat } = company;
  const { transact } = chat.services;
  const noor = { email: 'noor@example.com', firstName: 'Noor', lastName: 'Haddad' };
  const leaving = await chat.person({ ...noor, managerEmail: MIA });
  const actor = { kind: 'system' } as const;
  await transact((tx) => planOffboarding(tx, { person: leaving, endDate: '2026-12-11', actor }));
  const left = await chat.person({ email: 'zoe@example.com', firstName: 'Zoe', lastName: 'Kern' });
  await transact(async (tx) =>
    tx.people.save({ ...present(await tx.people.hold(left.id)), active: false }),
  );
});
afterAll(() => company.chat.cleanup());

const ROWS: readonly Row[] = [
  [
    ANN,
    'en',
    'Who approves Figma · Request Figma…',
    'who approves Figma?',
    'who can approve Figma for me?',
    'Who has to approve access to Figma?',
    "who's the approver for Figma",
  ],
  [
    ANN,
    'de',
    'Wer Figma genehmigt · Figma anfragen …',
    'Wer genehmigt Figma?',
    'Wer kann mir Figma genehmigen?',
    'wer muss den Zugriff auf Figma genehmigen?',
    'Wer gibt Figma frei?',
  ],
  [
    MIA,
    'en',
    'access for ann@example.com',
    "remove Ann's access",
    "please take away Ann's access",
    "could you delete Ann's accounts",
    'remove all access from Ann',
    'take everything away from Ann',
    'access to Ann',
    'access of Ann Lee',
  ],
  [
    MIA,
    'de',
    'access for ann@example.com',
    'entziehe Ann den Zugriff',
    'entziehe Ann alles',
    'nimm Ann bitte alles weg',
    'kannst du Ann den Zugriff entziehen?',
    'kannst du Ann alles entziehen?',
    'könntest du Ann bitte alles wegnehmen',
  ],
  // No app is called that: what she has.
  [
    MIA,
    'en',
    unsure('Access of Ann Lee'),
    'remove Ann from Acme',
    'please take Acme away from Ann',
    "could you revoke Ann's Acme?",
    'Ann no longer needs Acme',
  ],
  [MIA, 'de', unsicher('Zugriff von Ann Lee'), 'entferne Ann aus Acme', 'entziehe Ann Acme'],
  [ANN, 'en', 'nothing', 'remove Bob from Acme'],
  [
    ANN,
    'en',
    'access for ann@example.com',
    "why can't I get into Figma?",
    "why can't I open Figma",
  ],
  [
    ANN,
    'de',
    'access for ann@example.com',
    'warum komme ich nicht in Figma?',
    'Warum kann ich Figma nicht öffnen?',
    'warum kann ich mich bei Figma nicht anmelden?',
    'warum kann ich nicht auf Figma zugreifen?',
  ],
  [ANN, 'en', 'nothing', 'who approves holidays?', 'who approves Figma invoices?'],
  [
    ANN,
    'en',
    'Tell someone at once · Your access',
    'my laptop was stolen',
    'My work phone has been stolen yesterday',
    'I lost my badge',
    'Hi, someone stole my laptop. What now?',
    'I was hacked',
  ],
  [
    ANN,
    'de',
    'Sagen Sie sofort Bescheid · Ihr Zugriff',
    'Mein Laptop wurde gestohlen',
    'Mir wurde das Handy geklaut',
    'Ich habe mein Handy verloren',
  ],
  [
    MIA,
    'en',
    'timeline for ann@example.com',
    'Ann starts on Monday, what does she get?',
    'what does Ann get on her first day?',
    'Ann starts on Monday',
    'Ann is joining us on 7 December',
    'Ann is joining us on 7 December. What will she get?',
  ],
  [
    MIA,
    'de',
    'timeline for ann@example.com',
    'Ann fängt am Montag an, was bekommt sie?',
    'Was bekommt Ann?',
    'Ann fängt am Montag an',
    'Ann beginnt am 7. Dezember',
  ],
  [MIA, 'de', 'access for ann@example.com', 'zugriff Ann', 'Zugriff von Ann Lee', 'Zugang Ann'],
  [MIA, 'de', 'nothing', 'zugriff auf Ann', 'Ann fängt an', 'Ann fängt am Montag nicht an'],
  [ANN, 'de', 'nothing', 'zugriff Bob', 'Bob fängt am Montag an'],
  [
    ADA,
    'de',
    unsicher('Letzter Tag von Ann Lee …'),
    'Ann geht am 31.12.2026',
    'Ann geht am Freitag',
  ],
  [ADA, 'de', 'offboarding.plan for ann@example.com on 2026-12-31', 'Ann geht zum 31.12.2026'],
  [ADA, 'de', 'nothing', 'Ann geht am Freitag zum Arzt', 'Ann geht um 8'],
  [ANN, 'en', 'nothing', 'Bob starts on Monday, what does he get?', 'what does Mia get?'],
  [
    ADA,
    'en',
    'offboarding.cancel',
    'actually Noor stays',
    'Noor stays after all',
    "Noor isn't leaving",
    "please cancel Noor's last day",
    'Noor Haddad has changed her mind',
  ],
  [ADA, 'de', 'offboarding.cancel', 'Noor bleibt doch', 'Noor hat es sich anders überlegt'],
  [ADA, 'en', unsure('Cancel the last day of Noor Haddad…'), 'Noor stays?'],
  [ADA, 'en', 'No last day is planned for Ann Lee', 'Ann stays'],
  [MIA, 'en', "You can't plan someone's last day", 'actually Noor stays'],
  [ANN, 'en', 'nothing', 'actually Noor stays', 'Noor is back', 'Zoe is back'],
  [
    ADA,
    'en',
    unsure('Cancel the last day of Noor Haddad…', 'Access of Noor Haddad'),
    'Noor is back',
    'Noor is back from leave',
  ],
  [MIA, 'en', unsure('Access of Noor Haddad'), 'Noor is back from parental leave'],
  [ADA, 'en', unsure('Reactivate Zoe Kern…'), 'Zoe is back', 'Zoe Kern came back'],
  [ADA, 'de', unsicher('Zoe Kern reaktivieren …'), 'Zoe ist wieder zurück'],
  [ANN, 'en', "While you're away · Set a delegate…", "I'm back", 'I am back from leave'],
  [MIA, 'en', 'People who report to you', 'team', 'my team', 'who is in my team?', 'my reports'],
  [MIA, 'de', 'Ihr Team', 'mein Team', 'Wer ist in meinem Team?', 'meine Mitarbeiter'],
  [ANN, 'en', 'No one reports to you', 'my team'],
  [
    ANN,
    'en',
    'request.ask Figma until 2026-12-04',
    'I need Figma until the end of the week',
    'I need Figma until EOW',
  ],
  [
    ANN,
    'de',
    'request.ask Figma until 2026-12-04',
    'Ich brauche Figma bis Ende der Woche',
    'Bis Ende der Woche brauche ich Figma',
  ],
  [ANN, 'de', 'request.ask Figma until 2026-11-30', 'Ich brauche Figma bis zum Monatsende'],
  [
    ANN,
    'en',
    unsure('Request Figma…', 'Request GitHub…'),
    'I need Figma or GitHub until Friday, whichever is quicker',
  ],
  [
    ANN,
    'de',
    unsicher('Figma anfragen …', 'GitHub anfragen …'),
    'Ich brauche Figma oder GitHub bis Freitag, was schneller geht',
  ],
  [
    ADA,
    'en',
    'offboarding.plan for ann@example.com on 2026-12-04',
    'Ann leaves at the end of the week',
  ],
  [ADA, 'en', 'offboarding.plan for ann@example.com on 2026-12-11', 'Ann stays until 11 December'],
];

test.each(casesOf(ROWS))('$by: $sentence: $opens', async ({ by, language, opens, sentence }) => {
  const opened = await company.opens(sentence, by, language);
  // Cards of their own have more buttons behind those that matter here.
  expect(
    opened.startsWith('People who') || opened.startsWith('Ihr Team')
      ? opened.split(' · ')[0]
      : opened,
  ).toBe(opens);
});

describe('says', () => {
  test('who approves, by name', async () => {
    expect(await company.says('who approves Figma?')).toContain('Goes to Mia Ortiz.');
    await company.settings('Figma', { policy: NOBODY });
    expect(await company.says('who approves Figma?')).toContain("Figma can't be requested here.");
    await company.settings('Figma', { policy: undefined });
  });

  test('whom to call when something was stolen, by name', async () => {
    const said = await company.says('my laptop was stolen');
    expect(said).toContain('Call your manager, Mia Ortiz, or a Latchkey admin');
    expect(said).toContain('Latchkey admins: Ada Okafor.');
    expect(await company.says('my laptop was stolen', OWEN)).toContain('Call a Latchkey admin');
  });

  test('what was typed as it was typed, where nothing has that name', async () => {
    expect(await company.says('request Penpot until Friday')).toContain('matches "Penpot"');
  });
});

describe('a refusal', () => {
  const refused = () => company.says("Ann's last day is Friday", MIA);

  test('names the admins where there are at most three, and else no one', async () => {
    expect(await refused()).toContain('Only Latchkey admins can. Ask Ada Okafor.');
    const add = (n: number) =>
      company.chat.person({
        email: `admin${n}@example.com`,
        firstName: `Admin${n}`,
        lastName: 'Z',
        role: 'admin',
      });
    await add(1);
    await add(2);
    expect(await refused()).toContain('Ask Ada Okafor, Admin1 Z or Admin2 Z.');
    await add(3);
    expect(await refused()).toContain('Ask one of them.');
  });
});

test("the word of a command with someone's access after it is that sentence", async () => {
  expect(await company.says("revoke Ann's access", MIA)).toBe('card access');
  expect(await company.says('revoke all access from Ann', MIA)).toBe('card access');
  expect(await company.says('revoke everything from Ann', MIA)).toBe('card access');
  expect(await company.says('access for Ann', MIA)).toBe('card access');
  expect(await company.says('access to Figma', ANN)).toBe('form Request Figma');
  expect(await company.says("revoke Ann's access", OWEN)).toContain('No one you can view');
});
