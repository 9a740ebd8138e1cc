/**
 * Each answer comes with a sentence of a size that can be shown. Quadratic, one of these would take minutes, and the
 * test would time out.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { parsePeopleCsv } from '../../src/engine/imports/people-csv.ts';
import { diffManifests } from '../../src/engine/manifest/diff.ts';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import { checkText } from '../../src/web/editor/check.ts';
import { diffLines } from '../../src/web/editor/diff-lines.ts';
import { capturedOutput } from '../cli/captured.ts';
import { writtenFiles } from '../cli/files.ts';
import { sharedChat, type TestChat, textOf } from '../support/chat.ts';
import { Clicker } from '../support/clicks.ts';
import { largeFiles, largeManifests } from './large.ts';

/** All errors and warnings together: a thousand of each at most, of some hundred characters each. */
const MAX_SAID = 300_000;
/** Of a card that lists what is wrong. */
const MAX_CARD = 12_000;
const preview = async () => ({ ok: false, why: 'not here' }) as const;
const check = async (text: string) => checkManifest(text);

describe('a manifest of', () => {
  test.each(largeManifests.map(({ name, text }) => [name, text] as const))(
    '%s is taken, or refused with sentences',
    async (_, make) => {
      const text = make();
      const checked = checkManifest(text);
      expect(checked.ok || checked.errors.length > 0).toBe(true);
      expect(JSON.stringify(checked.ok ? checked.warnings : checked).length).toBeLessThan(MAX_SAID);
      const stored = parseManifest(text);
      expect(stored.ok || stored.errors.length > 0).toBe(true);

      const shown = await checkText(text, { name: 'A' }, { check, preview });
      expect(shown.counts.errors > 0).toBe(!checked.ok);
      for (const { from, to } of shown.errors) expect(from).toBeLessThanOrEqual(to);

      const lines = diffLines('{}', text).hunks.flatMap((hunk) => hunk.lines);
      expect(lines.length).toBeLessThanOrEqual(5000);
      expect(diffManifests('{}', text).length).toBeGreaterThan(0);
    },
  );
});

describe('brought as a file, in chat and on the command line, a manifest of', () => {
  const ADA = 'ada@example.com';
  let chat: TestChat;
  beforeAll(async () => {
    chat = await sharedChat();
    await chat.person({ email: ADA, role: 'admin' });
  });
  afterAll(() => chat.cleanup());

  test.each(largeManifests.map(({ name, text }, n) => [name, text, n] as const))(
    '%s is answered with a text that can be read',
    async (_, make, n) => {
      const text = make();
      const file = { kind: 'file', name: 'large.json', text: async () => text } as const;
      const card = await new Clicker(chat, ADA).types('integration', 'add', `Large ${n}`, file);
      expect(textOf(card)).toContain(`Large ${n}`);
      expect(textOf(card).length).toBeLessThan(MAX_CARD);

      const { output, stdout } = capturedOutput();
      const code = await checkCommand([(await writtenFiles({ text })).text], {}, output);
      expect(code).toBe(checkManifest(text).ok ? 0 : 1);
      expect(stdout().length).toBeLessThan(MAX_SAID);
    },
  );
});

describe('a file of people of', () => {
  test.each(largeFiles.map(({ name, text }) => [name, text] as const))(
    '%s is refused with a sentence',
    async (_, make) => {
      const parsed = await parsePeopleCsv(make());
      expect(parsed).toEqual({ ok: false, why: expect.any(String) as string });
      expect(JSON.stringify(parsed).length).toBeLessThan(1000);
    },
  );
});
