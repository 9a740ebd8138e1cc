/** What colleagues write, in their words: hurried, polite, with typos. One list for each thing that it opens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADA, ANN, type Company, companyWithSentences, MIA } from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
});
afterAll(() => company.chat.cleanup());

interface Written {
  readonly opens: string;
  /** Ann where it is left out. Mia is Ann's and Bob's manager. */
  readonly by?: string;
  readonly en?: readonly string[];
  readonly de?: readonly string[];
}

/** It is near, and one press away. */
const asks = (...buttons: string[]) =>
  ['What did you mean?', ...buttons, 'What I can do'].join(' · ');

const WRITTEN: readonly Written[] = [
  {
    opens: 'request.ask Figma',
    en: [
      'figma?',
      'I need Figma :pray: :pray::skin-tone-2:',
      'I need Figma 🙏 :)',
      'pls figma',
      'figma access please',
      'Hi, Figma please',
      'need figma asap',
      'figma needed',
      'can you give me figma pls',
      'can u give me figma',
      'i need acces to figma',
      'i ned figma',
      'I think I need Figma',
      'I want to request access to Figma',
      'Would you mind giving me Figma?',
      'Is there any way to get Figma?',
      "I'm missing access to Figma",
      'set me up with Figma please',
      'let me into Figma',
      'extend my figma access',
      'can I keep figma?',
      'I need Figma longer',
      'I need more time for Figma',
    ],
    de: [
      'Zugriff auf Figma bitte',
      'figma zugang',
      'brauche dringend figma',
      'Ich bruache Figma',
      'Mir fehlt der Zugriff auf Figma',
      'Gibt es hier Figma?',
      'Wer kann mir Figma geben?',
      'Figma wird benötigt',
      'Bitte Figma freischalten',
      'Könnt ihr mir Figma freischalten?',
      'Könntest du mich bitte für Figma freischalten?',
      'Kann mir jemand Zugriff auf Figma geben?',
      'Schalte mir bitte Figma frei',
      'Kann ich Figma länger behalten?',
      'Figma verlängern',
      'Ich brauche Figma noch länger',
    ],
  },
  {
    opens: 'request.ask Figma',
    en: [
      'can you ask Marco to give me Figma',
      'could you please ask Marco to give me access to Figma?',
      'ask Marco for Figma',
      'ask Marco Polo for access to Figma please',
      'tell Marco to add me to Figma',
      'can you ask my manager to give me Figma',
      'can somebody ask Marco whether I can have Figma',
      'tell IT that we need Figma',
      'please request Figma',
      'can you request Figma for me please',
      'could someone get Figma for me?',
      'order Figma for me',
    ],
    de: [
      'Kannst du Marco bitten, mir Figma zu geben?',
      'Kannst du Marco fragen, ob ich Figma haben kann?',
      'Frag Marco, ob ich Figma bekommen kann',
      'Bitte beantrage Figma für mich',
      'Bitte beantrage mir Figma',
      'Bitte sag Marco, dass ich Figma brauche',
      'Kannst du meinen Chef nach Figma fragen',
      'Könntest du bitte Marco nach Zugriff auf Figma fragen?',
    ],
  },
  {
    opens: 'offboarding.plan for ann@example.com on 2026-12-04',
    by: ADA,
    en: [
      'Ann is leaving on Friday',
      'ann is leaving friday',
      "Ann's last day is Friday",
      'Ann Lee is leaving us on Friday',
      "Ann's last day will be 4 December",
      'The last day of Ann is Friday',
      'Ann leaves on Friday',
      'Ann will leave the company on 4 Dec',
      "Friday is Ann's last day",
      "ann's last working day is on friday",
      'Ann is leaving the company, on 4 Dec',
      'ann@example.com is leaving on Friday',
      "Ann's last day with us: Friday",
    ],
    de: [
      'Ann verlässt uns am Freitag',
      'Ann verlaesst am Freitag die Firma',
      'Anns letzter Tag ist Freitag',
      'Anns letzter Arbeitstag ist der 4. Dezember',
      'Der letzte Tag von Ann ist am Freitag',
      'Ann hat am Freitag ihren letzten Tag',
      'Am Freitag ist Anns letzter Tag',
      'Freitag ist Anns letzter Arbeitstag',
      'Ann scheidet am 4.12. aus',
      'Ann hört am Freitag auf',
      'Ann Lee kündigt zum 4. Dezember',
    ],
  },
  {
    opens: 'offboarding.plan for ann@example.com',
    by: ADA,
    en: ['Ann is leaving', 'Ann has resigned', 'Ann handed in her notice', 'Ann leaves next week'],
    de: ['Ann hat gekündigt', 'Ann verlässt die Firma'],
  },
  {
    opens: asks('Plan the last day of Ann Lee…'),
    by: ADA,
    en: ['Heads up: Ann is leaving on Friday', 'Ann has resigned, her last day is Friday'],
  },
  {
    opens: asks('Plan the last day of Bob Hill…', 'Plan the last day of Bob Ray…'),
    by: ADA,
    en: ["Bob's last day is Friday"],
  },
  {
    opens: "You can't plan someone's last day",
    by: MIA,
    en: ['Ann is leaving on Friday', "Ann's last day is Friday"],
  },
  {
    opens: 'Sie können keinen letzten Tag planen',
    by: MIA,
    de: ['Anns letzter Tag ist Freitag'],
  },
  {
    opens: 'request.ask Figma until 2026-12-04',
    en: [
      'I need Figma only until Friday',
      'just until friday: figma',
      'extend Figma until Friday',
      'can I keep figma until friday pls',
      'I need Figma untill friady',
    ],
    de: ['Ich brauche Figma nur bis Freitag', 'Bitte Figma bis inkl. Freitag verlängern'],
  },
  { opens: 'request.ask Figma until 2026-11-30', de: ['Ich brauche Figma nur heute'] },
  {
    opens: 'request.ask Figma hours 336',
    en: ['I need Figma for two weeks', 'figma for 2 wks pls'],
    de: ['Ich brauche Figma zwei Wochen lang', 'Ich brauche Figma für 14 Tage'],
  },
  {
    opens: 'request.ask Figma unclear true',
    en: [
      'I need Figma for -3 days',
      'I need Figma for 2-3 days',
      'I need Figma for an hour or two',
    ],
    de: ['Ich brauche Figma bis nächsten Mittwoch', 'Ich brauche Figma für anderthalb Tage'],
  },
  {
    opens: 'What do you need? · Request… · Request… · Request… · Request… · Request…',
    en: ['what can I request?', 'which apps are there?', 'list apps', 'how do I request access?'],
  },
  {
    opens: 'Was brauchen Sie? · Anfragen … · Anfragen … · Anfragen … · Anfragen … · Anfragen …',
    de: ['Was kann ich beantragen?', 'Welche Apps gibt es?'],
  },
  {
    opens: 'Requests · To approve',
    en: [
      'is my Figma request approved?',
      'has my request for Figma been approved yet?',
      "what's the status of my request?",
      'any news on my Figma request',
      'cancel my Figma request',
      'when will I get Figma?',
      'my requests',
    ],
  },
  {
    opens: 'Anfragen · Zu genehmigen',
    de: [
      'Ist meine Figma-Anfrage genehmigt?',
      'Was ist mit meiner Anfrage?',
      'Wie ist der Stand meiner Anfrage für Figma?',
      'Wann bekomme ich Figma?',
      'meine Anfragen',
    ],
  },
  {
    opens: 'access for ann@example.com',
    en: [
      'I lost access to figma',
      "I've lost my Figma access",
      'cannot login to figma',
      "my figma doesn't work",
      'my figma access expires tomorrow',
      "I'm locked out of Figma",
      'I need Figma fixed',
    ],
    de: [
      'Ich habe keinen Zugriff mehr auf Figma',
      'Mein Figma-Zugang ist abgelaufen',
      'Wann läuft mein Figma ab?',
    ],
  },
  {
    opens: 'access.give-back Figma',
    en: [
      'I need Figma removed',
      'I need Figma to be removed',
      'you can remove my figma',
      'please take away my Figma access',
      'revoke my Figma',
    ],
    de: ['Figma zurückgeben', 'Nimm mir Figma weg', 'Bitte entferne meinen Figma-Zugang'],
  },
  {
    opens: 'access.grant Figma for ann@example.com',
    by: MIA,
    en: [
      'grant Figma to Ann',
      'give Figma to Ann please',
      'Figma for Ann',
      'can ann have figma',
      'I need Figma for Ann because she is new',
    ],
    de: [
      'Figma für Ann',
      'Bitte Figma für Ann freischalten',
      'Schalte Ann für Figma frei',
      'Bitte Ann Figma freischalten',
    ],
  },
  {
    opens: 'access.revoke GitHub for bob@example.com',
    by: MIA,
    en: [
      "please remove Bob's GitHub",
      "revoke Bob's GitHub",
      'revoke GitHub from Bob',
      'take GitHub away from Bob',
      'remove Bob from GitHub',
      "Bob doesn't need GitHub any more",
      'Bob no longer needs GitHub',
      "Bob shouldn't have GitHub",
    ],
    de: [
      'Bob braucht GitHub nicht mehr',
      'Bob braucht kein GitHub mehr',
      'Entferne Bobs GitHub',
      'Bitte Bob GitHub entziehen',
    ],
  },
  {
    opens: asks('Revoke GitHub from Bob Hill…', 'Revoke GitHub from Bob Ray…'),
    by: ADA,
    en: ["please remove Bob's GitHub"],
  },
  {
    opens: asks('Request Figma…'),
    en: [
      'hello Figma',
      'Hi Sam, I need Figma until Friday',
      "I'm starting on the new project and need access to Figma until Friday. Thanks, Ann",
      'Hi! Quick question: could I get Figma?',
      'Morning! Need Figma for the workshop tomorrow',
    ],
  },
  {
    opens: asks('Request Figma…', 'Request GitHub…'),
    en: [
      'Figma and GitHub please',
      'request Figma and GitHub',
      "I'd like to request Figma and GitHub",
      'I need Figma and GitHub',
      'Can I get Figma plus GitHub?',
      'I need Figma, GitHub',
      'need both Figma and GitHub please',
      'Figma & GitHub please',
      'I need access to Figma and to GitHub',
      'I need Figma and access to GitHub',
      'can you ask Marco to give me Figma and GitHub',
    ],
  },
  {
    opens: 'Was meinen Sie? · Figma anfragen … · GitHub anfragen … · Was ich kann',
    de: [
      'Beantrage Figma und GitHub',
      'Ich brauche Figma und GitHub',
      'Ich brauche Zugriff auf Figma und GitHub',
      'Ich bräuchte Figma sowie GitHub bitte',
      'Ich brauche sowohl Figma als auch GitHub',
      'Kann ich Figma und GitHub haben?',
      'Figma und GitHub bitte',
      'Ich brauche Zugriff auf Figma und auf GitHub',
    ],
  },
  {
    opens: asks('Request Figma…'),
    en: ['I need Figam', 'i need figmaa until friday', 'can you ask Marco to give me fimga'],
  },
  { opens: 'Was meinen Sie? · Figma anfragen … · Was ich kann', de: ['Hallo Figma'] },
  {
    opens: asks('Request Figma…', 'Your access'),
    en: ['I need Figma training', 'I need Figma until Friday or Saturday'],
  },
  {
    opens: "You can't see who has Figma · Request Figma… · Your access",
    en: ['Who has Figma?', 'anyone have figma?', 'I have a question: who has Figma?'],
  },
  {
    opens: 'Wer Figma hat, können Sie nicht sehen · Figma anfragen … · Ihr Zugriff',
    de: ['Wer hat Figma'],
  },
  {
    opens: 'nothing',
    by: MIA,
    en: [
      'I need Figma not GitHub',
      "don't give Ann Figma",
      'Do not grant Figma to Ann',
      'my team needs Figma',
      "I don't think I need Figma",
      "take Ann's picture from Figma",
      'The train is leaving on Friday',
      'I am leaving on Friday',
      'Ann is leaving the party',
      'Ann leaves the office at five',
      'Ann is leaving the channel on Friday',
      'Ann is leaving the team on Friday',
      'Ann leaves Figma',
      "don't request Figma and GitHub",
      'please do not ask Marco for Figma',
      'Ask Marco not to give me Figma',
      'ask Marco never to give Ann Figma',
      'I need neither Figma nor GitHub',
      'Ann needs Figma removed',
      'Ann needs Figma to be deleted',
      'can I have Figma cancelled?',
      'Can Ann have Figma taken away?',
      'request nothing and GitLab',
      "Marco's last day is tomorrow",
      'who is leaving on Friday?',
      'ask Marco about the weather',
      'The printer is broken, and the coffee is cold',
    ],
    de: [
      'Gib Ann kein Figma',
      'Ann braucht bei Figma niemand',
      'Ann verlässt den Kanal am Freitag',
      'Ann verlässt das Team am Freitag',
      'Beantrage nicht Figma und GitHub',
      'Bitte kein Figma und kein GitHub beantragen',
      'Ich brauche weder Figma noch GitHub',
      'Frag Marco nicht nach Figma',
      'Frag Marco bitte nicht, ob ich Figma haben kann',
      'Sag Marco nicht, dass ich Figma brauche',
      'Bitte Marco nicht bitten, mir Figma zu geben',
      'Ich möchte Figma kündigen',
      'Ann möchte Figma kündigen',
      'Ann soll Figma verlieren',
      'Ann muss Figma zurückgeben',
      'Ann hat Figma gekündigt',
    ],
  },
  {
    // Who would read of the last day, if it were understood so.
    opens: 'nothing',
    by: ADA,
    en: [
      'Ann is leaving the channel on Friday',
      'Ann is leaving Figma on Friday',
      'Ann is leaving the team on Friday',
      'Ann is leaving for two weeks',
      'Ann is leaving for a month',
      'Ann leaves on Friday for two weeks',
      'Ann is leaving until Friday',
      'Ann is leaving for a while',
      'Ann is leaving for today',
      'Ann is leaving at 5 pm',
      'Ann leaves at noon today',
      'Ann leaves on Friday at 3 pm',
      'Ann is leaving tomorrow morning',
      'Ann is not leaving on Friday',
      "Friday is not Ann's last day",
      "Ann's last day on the project is Friday",
      'if Ann is leaving on Friday, who gets her desk?',
    ],
    de: [
      'Ann verlässt den Kanal am Freitag',
      'Ann verlässt das Team am Freitag',
      'Ann verlässt uns für zwei Wochen',
      'Ann verlässt uns für eine Weile',
      'Ann verlässt uns bis Freitag',
      'Ann hört für heute auf',
      'Ann hört heute um 17 Uhr auf',
      'Ann hört am Freitag um 15 Uhr auf',
      'Ann hört heute früh auf',
      'Ann kündigt Figma zum 4. Dezember',
      'Ann verlässt uns am Freitag nicht',
      'Freitag ist nicht Anns letzter Tag',
      'Anns letzter Tag im Projekt ist Freitag',
    ],
  },
  {
    opens: 'offboarding.plan for ann@example.com',
    by: ADA,
    en: ['Ann is leaving before Friday', 'Ann leaves after Friday'],
    de: ['Ann verlässt uns ab Montag', 'Ann verlässt uns vor Freitag'],
  },
];

const rows = WRITTEN.flatMap(({ opens, by = ANN, en = [], de = [] }) => [
  ...en.map((sentence) => ({ sentence, opens, by, language: 'en' })),
  ...de.map((sentence) => ({ sentence, opens, by, language: 'de' })),
]);

describe('colleagues write', () => {
  test.each(rows)('$sentence: $opens', async ({ sentence, opens, by, language }) => {
    expect(await company.opens(sentence, by, language)).toBe(opens);
  });
});
