/** Whole sentences that mean a word, and questions that people answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { usableCommands } from '../../../../src/bots/features/commands.ts';
import { readPhrase } from '../../../../src/bots/features/sentences/phrases.ts';
import { plainText, words } from '../../../../src/bots/view/command.ts';
import { textOf } from '../../../support/chat.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import {
  ADA,
  ANN,
  type Company,
  casesOf,
  companyWithSentences,
  MIA,
  OWEN,
  type Row,
} from './support.ts';

const ASK = "You can't do this yourself\nOnly Latchkey admins can. Ask Ada Okafor.";
const READ = "You can't see this\nOnly Latchkey admins and auditors can. Ask Ada Okafor.";

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
});
afterAll(() => company.chat.cleanup());

/** The command, or what the answer says. */
const meant = async (sentence: string, by = ADA) => {
  const turn = await company.chat.turn(by);
  const phrase = await readPhrase(words(sentence), turn, () => usableCommands(turn));
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
      ['requests approve', 'what do I need to approve?', 'approve all', 'Was muss ich genehmigen?'],
      ['requests approve', "What's waiting for me to approve?", 'What needs my approval?'],
      ['requests approve', 'is there anything for me to approve', 'anything waiting to approve?'],
      ['requests approve', 'Was wartet auf meine Genehmigung?', 'Gibt es etwas zu genehmigen?'],
      ['requests approve', 'pending approvals', 'Offene Genehmigungen'],
      ['requests', 'my requests', 'Meine Anfragen'],
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
      ['hire Mal Reynolds', 'hire Mal Reynolds', 'onboard Mal Reynolds now'],
      ['hire J. Smith', 'hire J. Smith'],
      ['offboard Mal Lee', 'offboard Mal Lee'],
      ['rules', 'add a rule', 'neue Regel anlegen'],
      ['sequences', 'how do I create a sequence?', 'Sequenz erstellen'],
      ['bundles', 'create a new bundle', 'ein neues Paket anlegen'],
      ['integration add Just Eat', 'connect Just Eat please'],
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
        'Pigeon Post ausschalten',
        'wie kann ich Pigeon Post verwalten?',
        'Konfiguriere Pigeon Post',
      ],
      ['language German', 'change language to German', 'do you speak German?'],
      ['language deutsch', 'deutsch'],
      ['language Deutsch', 'Sprich Deutsch', 'sprichst du Deutsch?'],
      ['language', 'change my language', 'Sprache ändern'],
      [
        'nothing',
        'I love holidays',
        'the new coffee machine',
        'what is the meaning of life',
        'Personen verwalten',
        'verwalte meine Abwesenheit',
        'add me',
        'connect GitHub ghp_16C7e42F292c6912E7710c838347Ae178B4a',
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
    [
      'who writes of an app that admins set up may request one instead',
      'turn off the coffee machine',
      `${ASK}\n[Request access…]`,
    ],
    ['who wants to see what auditors see reads whom to ask', 'show me the audit log', READ],
  ])('%s', async (_what, sentence, means) => {
    expect(await meant(sentence, ANN)).toBe(means);
  });

  test('the owner of an app gets what they may see of it', async () => {
    expect(await meant('manage GitHub', OWEN)).toBe('integrations GitHub');
  });

  test('the word of a command refuses as it always did, and the audit log has it', async () => {
    const refusals = () => company.chat.database.db('audit_log').where({ what: 'refused' });
    const before = await refusals();
    for (const typed of ['overview', 'audit log', 'hire John Smith', 'import people'])
      expect(await company.says(typed, ANN)).toMatch(/^You can't|^refused/);
    expect(await refusals()).toHaveLength(before.length + 4);
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
    [
      ANN,
      'en',
      'Your manager here is Mia Ortiz · What I can do',
      "that's not my manager",
      'my manager is wrong',
    ],
    [ANN, 'en', 'nothing', "that's wrong", 'I have the wrong'],
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
  test('an admin is told of no other one, and changes what is wrong themselves', async () => {
    const says = (text: string, by = ADA) => company.says(text, by);
    expect(await says('who are the admins?', ANN)).toContain('apps and accounts: Ada Okafor.');
    expect(await says('who are the admins?')).toContain(
      "You're a Latchkey admin yourself. There is no other admin.",
    );
    expect(await says('who is my manager?')).toContain('change it on your card.\n[Your card]');
    expect(await says('my name is wrong')).toContain('change yours on your card.\n[Your card]');
    expect(await says('I forgot my password')).not.toContain('admin');
  });

  test('a single word is first of all the name of an app', async () => {
    expect(await company.opens('support')).toBe('Who can help you · What I can do');
    const request = { url: 'https://api.example.com/u' };
    await company.chat.integration('Support', { execute: [request], exists: request });
    expect(await company.opens('support')).toBe('request.ask Support');
  });

  test.each(casesOf(rows))('$sentence', async ({ by, language, opens, sentence }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });
});
