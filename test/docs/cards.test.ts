/**
 * docs/cards.md, the cards and forms as people read them, in Slack and in Teams. A small company is played: three people write every
 * word and press every button that they are shown. `UPDATE=1 npx vitest run test/docs/cards.test.ts` writes the page again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderCard } from '../../src/bots/slack/render-card.ts';
import { renderCard as teamsCard } from '../../src/bots/teams/render-card.ts';
import { arranged } from '../../src/bots/view/arrange.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import type { Drawn } from '../support/card-page.ts';
import { buttonsIn, cardPage, paragraphsIn, playCompany } from '../support/card-page.ts';
import {
  MAX_BUTTON,
  MAX_PARAGRAPH,
  MAX_TITLE,
  NOT_SAID,
  NOT_SAID_IN_GERMAN,
  PLUMBING,
} from '../support/plain-words.ts';

const PAGE = 'docs/cards.md';
const PLAY_MS = 240_000;

let drawn: readonly Drawn[];
let played: Awaited<ReturnType<typeof playCompany>>;

beforeAll(async () => {
  played = await playCompany();
  drawn = played.drawn;
}, PLAY_MS);
afterAll(() => played.end());

test('the page shows the cards and forms as they are', () => {
  const page = cardPage(drawn);
  if (process.env['UPDATE'] !== undefined) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});

test('Slack shows at most one menu beside the buttons of a card or a row', () => {
  const menusOf = ({ shown }: Drawn): number =>
    'fields' in shown
      ? 0
      : Math.max(
          0,
          ...renderCard(shown).flatMap(({ blocks }) =>
            blocks.map((block) =>
              block.type === 'actions'
                ? block.elements.filter(({ type }) => type === 'overflow').length
                : 0,
            ),
          ),
        );
  expect(drawn.filter((each) => menusOf(each) > 1).map(({ shown }) => shown.title)).toEqual([]);
});

test("each row's buttons are named with their row, on both platforms", () => {
  const cards = drawn.flatMap(({ shown }) => ('fields' in shown ? [] : [shown]));
  const ofRows = cards.flatMap(({ blocks }) =>
    arranged(blocks).flatMap((block) => (block.kind === 'row' ? block.buttons : [])),
  );
  expect(ofRows.length).toBeGreaterThan(100);
  expect(ofRows.filter(({ label, about = '' }) => about.length <= label.length)).toEqual([]);
  const names = ofRows.map(({ about = '' }) => about);
  const inTeams = JSON.stringify(cards.map((card) => teamsCard(card, { dialogs: true })));
  const inSlack = JSON.stringify(cards.map((card) => renderCard(card)));
  const unheard = (card: string, key: string) =>
    names.filter(
      (name) => !card.includes(`"${key}":${JSON.stringify(name.slice(0, 74)).slice(0, -1)}`),
    );
  expect(unheard(inTeams, 'tooltip')).toEqual([]);
  expect(unheard(inSlack, 'accessibility_label')).toEqual([]);
});

/** Names are filled in here: `Add Fernboard…` is longer than what the code says. */
const FILLED_IN = 16;

test('no card uses a word that has a plainer one', () => {
  const texts = drawn.flatMap(({ shown }) => [shown.title, ...paragraphsIn(shown)]);
  expect(texts.length).toBeGreaterThan(300);
  expect(texts.filter((text) => NOT_SAID.some((word) => word.test(text)))).toEqual([]);
});

test('who is no admin reads no template, id, ISO date, address or variable', () => {
  const texts = drawn
    .filter(({ reader }) => !reader.startsWith('Ada'))
    .flatMap(({ shown }) => [shown.title, ...paragraphsIn(shown)]);
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => PLUMBING.test(text))).toEqual([]);
});

/** Where an admin writes templates and variables, or reads what to set where Latchkey is started. */
const ABOUT_PLUMBING = [
  'Import people',
  'What 1Password (SCIM bridge) needs',
  'Settings of Latchkey',
  'Settings',
  'Setting up Latchkey: 4 of 6',
  'Add a message',
  'Add a task',
  'Webhook: Release planning',
];

test('an admin reads them only where they set Latchkey up', () => {
  const titles = drawn
    .filter(({ reader }) => reader.startsWith('Ada'))
    .filter(({ shown }) =>
      [shown.title, ...paragraphsIn(shown)].some((text) => PLUMBING.test(text)),
    )
    .map(({ shown }) => shown.title);
  expect([...new Set(titles)]).toEqual(ABOUT_PLUMBING);
});

test('with names filled in, titles, buttons and sentences still fit', () => {
  expect(misfits(drawn)).toEqual([]);
});

describe('in German', () => {
  let german: Awaited<ReturnType<typeof playCompany>>;
  beforeAll(async () => {
    const dateLanguage = 'de' as const; // So the audit log is in German, too.
    german = await playCompany('de', {
      grow: async ({ services }) =>
        void (await services.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage }))),
    });
  }, PLAY_MS);
  afterAll(() => german.end());

  test('titles, buttons and sentences still fit', () => {
    expect(misfits(german.drawn)).toEqual([]);
  });

  test('no card says one thing in two words, or in English', () => {
    const texts = JSON.parse(readFileSync('src/texts/de.json', 'utf8')) as Record<string, string>;
    const isEnglish = (text: string) => (texts[text] ?? text) !== text && text.includes(' ');
    const said = german.drawn.flatMap(({ shown }) => [shown.title, ...paragraphsIn(shown)]);
    expect(said.length).toBeGreaterThan(300);
    expect(said.filter(isEnglish)).toEqual([]);
    expect(said.filter((text) => NOT_SAID_IN_GERMAN.some((word) => word.test(text)))).toEqual([]);
    const ours = german.drawn
      .flatMap(({ shown }) => [shown.title, ...paragraphsIn(shown), ...buttonsIn(shown)])
      .map((text) => text.replaceAll(NOT_OURS, ''));
    expect(ours.filter((text) => ENGLISH.test(text))).toEqual([]);
  });
});

/** What the company and its manifests call their things, and words that German has, too. */
const NOT_OURS = /For everyone in Product|GitHub organization and team|Single Sign-on/g;
/** Words that nearly every English sentence has one of, and no German one. */
const ENGLISH =
  /\b(?:the|is|isn't|it|its|has|have|had|of|to|and|or|by|you|your|can't|wasn't|on|again|none|no|yes|days?|with|for|not|at|since|until|who)\b/i;

/** What is too long, once names are filled in. */
function misfits(drawings: readonly Drawn[]): readonly string[] {
  const tooLong = (texts: readonly string[], most: number) =>
    texts.filter((text) => text.length > most + FILLED_IN);
  const shown = drawings.map((each) => each.shown);
  const titles = shown.map(({ title }) => title);
  const sentences = shown.flatMap(paragraphsIn).flatMap((text) => text.split(/(?<=[.?!]) /));
  return [
    ...tooLong(titles, MAX_TITLE),
    ...tooLong(shown.flatMap(buttonsIn), MAX_BUTTON),
    ...tooLong(sentences, MAX_PARAGRAPH),
  ];
}
