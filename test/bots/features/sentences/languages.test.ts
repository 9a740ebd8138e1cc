/** Each language: sentences with what they open, and sentences that open nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Language } from '../../../../src/core/translate.ts';
import { ADA, ANN, type Company, companyWithSentences, MIA, OWEN } from './support.ts';

let company: Company;
beforeAll(async () => {
  company = await companyWithSentences();
});
afterAll(() => company.chat.cleanup());

type Opened = [sentence: string, opens: string, by?: string];

const SENTENCES: Readonly<
  Record<Language, { readonly opens: readonly Opened[]; readonly nothing: readonly string[] }>
> = {
  en: {
    opens: [
      ['I need Figma until Friday', 'request.ask Figma until 2026-12-04'],
      ['can I get access to figma', 'request.ask Figma'],
      ["I'd like to use FIGMA for 3 days, please.", 'request.ask Figma hours 72'],
      ['Hi there, could you give me access to the Figma app?', 'request.ask Figma'],
      ["I'll need Figma tomorrow", 'request.ask Figma until 2026-12-01'],
      ['I need to add Ann to Figma', 'access.grant Figma for ann@example.com', MIA],
      ['How do I get Figma?', 'request.ask Figma'],
      [
        'We need a GitHub account for a new project till 12 Dec',
        'request.ask GitHub until 2026-12-12',
      ],
      ['I need the starter kit', 'bundle.ask Starter kit'],
      ['I don’t have access to GitHub yet', 'request.ask GitHub'],
      ['I need "Pigeon Post" until tomorrow!', 'request.ask Pigeon Post until 2026-12-01'],
      ['I need pigeon', 'request.ask Pigeon Post'],
      ['I need Today today', 'request.ask Today until 2026-11-30'],
      ['Figma please', 'request.ask Figma'],
      ['Figma until Friday', 'request.ask Figma until 2026-12-04'],
      ['I need Figma until 12/6', 'request.ask Figma unclear true'],
      ['Do I have Figma?', 'access for ann@example.com'],
      ['What do I have?', 'access for ann@example.com'],
      ["I can't log in to Figma", 'access for ann@example.com'],
      ["I've lost access to Figma", 'access for ann@example.com'],
      ["I don't need Figma any more", 'access.give-back Figma'],
      ['I want to give Figma back', 'access.give-back Figma'],
      ['Who has GitHub?', 'Who has GitHub', OWEN],
      ['Who can access GitHub', 'Who has GitHub', ADA],
      [
        'Ann needs GitHub until Friday',
        'access.grant GitHub for ann@example.com until 2026-12-04',
        MIA,
      ],
      [
        'Can Ann Lee get Figma for a week?',
        'access.grant Figma for ann@example.com hours 168',
        MIA,
      ],
      ['I need Figma for Ann', 'access.grant Figma for ann@example.com', MIA],
      ['What does Ann have?', 'access for ann@example.com', MIA],
      ["Show me Ann's access", 'access for ann@example.com', ADA],
      ['Does Ann Lee have Figma?', 'access for ann@example.com', ADA],
    ],
    nothing: [
      'thanks!',
      'I love Figma',
      'I like Figma',
      'Figma is great',
      'How can I use Figma?',
      'Is Figma any good?',
      'Who made Figma?',
      'Who needs coffee?',
      'I need a coffee',
      'I need a break until Monday',
      'I need to talk to you',
      'Can I get a raise?',
      'Do I have time?',
      'Have a nice weekend',
      'See you on Friday',
      'Ann is on holiday until Friday',
      'Ann needs a coffee',
      'The meeting about Figma is at 3',
      'Do not give me Figma',
      'Why do I need Figma?',
      'Lunch for a week',
    ],
  },
  de: {
    opens: [
      ['Ich brauche Figma bis Freitag', 'request.ask Figma until 2026-12-04'],
      ['Bis Freitag brauche ich Figma', 'request.ask Figma until 2026-12-04'],
      ['Kann ich bitte Zugriff auf Figma haben?', 'request.ask Figma'],
      ['Ich möchte Figma für 3 Tage nutzen', 'request.ask Figma hours 72'],
      ['Ich moechte gerne GitHub fuer eine Woche', 'request.ask GitHub hours 168'],
      ['Hallo, könntest du mir Figma freischalten? Vielen Dank!', 'request.ask Figma'],
      [
        'Ich bräuchte einen Figma-Zugang bis zum 12. Dezember',
        'request.ask Figma until 2026-12-12',
      ],
      ['Wer hat eigentlich GitHub?', 'Wer GitHub hat', OWEN],
      ['Könnte ich vielleicht Figma bekommen?', 'request.ask Figma'],
      ['Wie komme ich an GitHub?', 'request.ask GitHub'],
      ['Wir brauchen das Starter Kit', 'bundle.ask Starter kit'],
      ['Ich habe noch keinen Zugriff auf GitHub', 'request.ask GitHub'],
      ['Guten Morgen, ich brauche heute Figma', 'request.ask Figma until 2026-11-30'],
      ['Ich brauche Figma, weil ich etwas zeichnen muss', 'request.ask Figma'],
      ['Figma bitte', 'request.ask Figma'],
      ['Ich brauche Figma bis 12/6', 'request.ask Figma unclear true'],
      ['Habe ich schon Figma?', 'access for ann@example.com'],
      ['Worauf habe ich Zugriff?', 'access for ann@example.com'],
      ['Ich kann mich bei Figma nicht anmelden', 'access for ann@example.com'],
      ['Ich komme nicht mehr in Figma rein', 'access for ann@example.com'],
      ['Ich brauche Figma nicht', 'access.give-back Figma'],
      ['Ich brauche kein Figma', 'access.give-back Figma'],
      ['Ich brauche Figma für ein paar Tage', 'request.ask Figma unclear true'],
      ['Zugang zu Figma für Ann', 'access.grant Figma for ann@example.com', MIA],
      ['Ich brauche Figma nicht mehr', 'access.give-back Figma'],
      ['Ich brauche keinen Zugang zu Figma mehr', 'access.give-back Figma'],
      ['Ich möchte Figma zurückgeben', 'access.give-back Figma'],
      ['Wer hat GitHub?', 'Wer GitHub hat', OWEN],
      ['Wer hat alles Zugriff auf GitHub?', 'Wer GitHub hat', ADA],
      [
        'Ann braucht GitHub bis Freitag',
        'access.grant GitHub for ann@example.com until 2026-12-04',
        MIA,
      ],
      ['Ich brauche für Ann Figma', 'access.grant Figma for ann@example.com', MIA],
      ['Was hat Ann Lee alles?', 'access for ann@example.com', MIA],
      ['Hat Ann Figma?', 'access for ann@example.com', ADA],
    ],
    nothing: [
      'danke!',
      'Ich liebe Figma',
      'Ich mag Figma',
      'Figma ist super',
      'Wie funktioniert Figma?',
      'Wer hat Figma erfunden?',
      'Wer hat Lust auf Kaffee?',
      'Ich brauche einen Kaffee',
      'Ich brauche Urlaub bis Montag',
      'Ich muss mit dir reden',
      'Kann ich früher gehen?',
      'Habe ich Zeit?',
      'Schönes Wochenende',
      'Bis Freitag',
      'Ann ist bis Freitag im Urlaub',
      'Ann braucht Kaffee',
      'Brauche ich Figma?',
      'Das Treffen zu Figma ist um 15 Uhr',
      'Warum brauche ich Figma?',
      'Gib mir bloß kein Figma',
      'Mittagessen für eine Woche',
    ],
  },
};

describe.each(Object.entries(SENTENCES))('%s', (language, { opens, nothing }) => {
  test.each<Opened>(opens)('%s: %s', async (sentence, opened, by = ANN) => {
    expect(await company.opens(sentence, by, language)).toBe(opened);
  });

  test.each(nothing)('%s: nothing', async (sentence) => {
    for (const by of [ANN, MIA, ADA])
      expect(await company.opens(sentence, by, language)).toBe('nothing');
  });

  test('has twenty of each', () => {
    expect(opens.length).toBeGreaterThanOrEqual(20);
    expect(nothing.length).toBeGreaterThanOrEqual(20);
  });
});
