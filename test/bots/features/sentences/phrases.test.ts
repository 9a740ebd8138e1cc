/** Whole sentences that mean a word, and questions that people answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../../../src/bots/features/features.ts';
import { readPhrase } from '../../../../src/bots/features/sentences/phrases.ts';
import { plainText, words } from '../../../../src/bots/view/command.ts';
import { textOf } from '../../../support/chat.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import { ADA, ANN, type Company, casesOf, companyWithSentences, MIA, type Row } from './support.ts';

const ASK = "You can't do this yourself\nOnly Latchkey admins can. Ask Ada Okafor.";
const READ = "You can't see this\nOnly Latchkey admins and auditors can. Ask Ada Okafor.";
const ADMINS_ONLY = new Set(['hire', 'import', 'integration', 'integrations', 'offboard']);
const forEmployees = commands.filter(({ word }) => !ADMINS_ONLY.has(word));

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
});
afterAll(() => company.chat.cleanup());

/** The command, or what the answer says. */
const meant = async (sentence: string, by = ADA, usable = commands) => {
  const turn = await company.chat.turn(by);
  const phrase = await readPhrase(words(sentence), turn, async () => usable);
  if (phrase?.kind === 'command') return plainText(phrase.command);
  return phrase ? textOf(ofKind('say', phrase.reply).card) : 'nothing';
};

const casesIn = (rows: readonly (readonly [means: string, ...sentences: string[]])[]) =>
  rows.flatMap(([means, ...sentences]) => sentences.map((sentence) => ({ means, sentence })));

describe('a whole sentence means a word', () => {
  test.each(
    casesIn([
      [
        'help',
        'I need help',
        'How does this work?',
        'Ich brauche bitte Hilfe',
        'was kann ich hier tun?',
      ],
      ['home', 'anything for me?', 'what failed?', 'errors', 'Was liegt heute an?'],
      ['requests', 'what do I need to approve?', 'approve all', 'Was muss ich genehmigen?'],
      ['tasks', 'my tasks', 'to do', 'meine Aufgaben', 'was muss ich tun?'],
      [
        'away',
        'I am on vacation next week',
        "I'm away until Friday",
        "I'm on holiday from Monday to Friday",
      ],
      ['away', 'who can approve while I am away?', 'set Ada as my delegate', 'I’m sick today'],
      [
        'away',
        'Ich bin nächste Woche im Urlaub',
        'ich habe ab Montag Urlaub',
        'Vertretung festlegen',
      ],
      [
        'hire',
        'I have a new hire',
        'new person starts on Monday',
        'add a user',
        'how do I add a person?',
      ],
      ['hire', 'Wir haben einen neuen Mitarbeiter', 'neue Kollegin anlegen'],
      [
        'hire John Smith',
        'onboard John Smith',
        'create a user for John Smith',
        'Please hire John Smith!',
      ],
      [
        'import',
        'import people',
        'how do I import people from Workday?',
        'Mitarbeiter importieren',
      ],
      ['integration add', 'how do I add a new app?', 'connect an app', 'neue App hinzufügen'],
      ['integration add GitHub', 'how do I add GitHub?', 'connect GitHub', 'GitHub verbinden'],
      ['request', 'same access as Ann please', 'can I have the same as Ann?', 'what do I need?'],
      ['people', 'how do I make someone admin?'],
      ['people Ann', 'make Ann an admin', 'change the manager of Ann', 'Ann has a new manager'],
      ['people Ann', 'Ann moved to another team', 'Ann hat einen neuen Chef'],
      ['audit', 'show me the audit log', 'who did what?', 'Prüfprotokoll'],
      ['overview', 'who has access to what?', 'report', 'Wer hat was?'],
      ['review', 'start a review', 'Prüfung starten'],
      [
        'integrations Pigeon Post',
        'turn off Pigeon Post',
        'delete Pigeon Post',
        'Pigeon Post password changed',
      ],
      [
        'language',
        'change language to German',
        'deutsch',
        'Sprich Deutsch',
        'do you speak German?',
      ],
      [
        'nothing',
        'I love holidays',
        'the new coffee machine',
        'what is the meaning of life',
        'add me',
      ],
    ]),
  )('$sentence', async ({ means, sentence }) => {
    expect(await meant(sentence)).toBe(means);
  });

  test.each([
    [
      'who adds an app by name and is no admin requests it',
      'how do I add GitHub?',
      'request GitHub',
    ],
    ['who has a new hire and is no admin reads whom to ask', 'I have a new hire', ASK],
    ['who names what only admins do reads whom to ask', 'turn off the coffee machine', READ],
  ])('%s', async (_what, sentence, means) => {
    expect(await meant(sentence, ANN, forEmployees)).toBe(means);
  });

  test('a text that is longer than any sentence is not looked at', async () => {
    expect(await meant(`I am away until ${'Friday '.repeat(50)}`)).toBe('nothing');
  });
});

describe('questions about people and passwords are answered', () => {
  const rows: readonly Row[] = [
    [
      ANN,
      'en',
      'Who can help you · What I can do',
      'who are the admins?',
      'Who is an admin?',
      'can I talk to a human?',
      'who can help me?',
    ],
    [
      ANN,
      'de',
      'Wer Ihnen helfen kann · Was ich kann',
      'wer ist hier Admin?',
      'wen kann ich fragen?',
    ],
    [ANN, 'en', 'Your manager here is Mia Ortiz · What I can do', 'who is my manager?'],
    [MIA, 'en', 'You have no manager here · What I can do', 'who do I report to?'],
    [
      ANN,
      'en',
      "I can't reset passwords · What I can do",
      'I forgot my password',
      'how do I reset my Figma password?',
    ],
    [ANN, 'de', 'Ich kann keine Passwörter zurücksetzen · Was ich kann', 'Passwort vergessen'],
    [
      ANN,
      'en',
      "Only Latchkey admins change people's details · What I can do",
      'my name is wrong',
      'I want to change my phone number',
      'I got married',
    ],
    [
      ANN,
      'en',
      'access for ann@example.com',
      'Figma is down',
      "Figma doesn't work",
      'is Figma broken?',
    ],
    [
      MIA,
      'en',
      'access for ann@example.com',
      'did Ann get Figma?',
      "what happened with Ann's request?",
    ],
    [ANN, 'en', 'request.ask Figma', 'I need admin access to Figma', 'I need admin in Figma'],
    [
      ADA,
      'en',
      'What did you mean? · Plan the last day of Ann Lee… · What I can do',
      'terminate Ann',
    ],
  ];
  test.each(casesOf(rows))('$sentence', async ({ by, language, opens, sentence }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });
});
