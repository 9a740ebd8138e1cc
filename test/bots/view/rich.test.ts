import { expect, test } from 'vitest';
import { code, rich, strong } from '../../../src/bots/view/card.ts';
import { inLocale } from '../../../src/core/translate.ts';

const found = (folder: string) => rich`Type ${code(folder)} to see what I can do.`;

test('a sentence keeps its spans, and one text between two of them', () => {
  expect(found('request')).toEqual(['Type ', code('request'), ' to see what I can do.']);
  expect(rich`${strong('Ann')} (${'ann@x.io'}) has ${2} tasks.`).toEqual([
    strong('Ann'),
    ' (ann@x.io) has 2 tasks.',
  ]);
});

test('another language puts the spans where they belong in it', () => {
  expect(inLocale('de', () => found('request'))).toEqual([
    'Schreiben Sie ',
    code('request'),
    ', um zu sehen, was ich kann.',
  ]);
});

test('a gap at the start or the end leaves no empty text', () => {
  expect(rich`${strong('Ann')}`).toEqual([strong('Ann')]);
});
