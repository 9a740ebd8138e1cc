/** The manifest editor in a real browser: what one types is checked, completed, previewed and tried. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { saveManifest } from '../../../src/engine/integrations/change-integration.ts';
import { loadAssets } from '../../../src/web/editor/assets.ts';
import { problemsInBothLooks } from '../../support/browser/accessibility.ts';
import { openBrowser } from '../../support/browser/browser.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { type EditorLab, editorLab } from './lab.ts';

const STORY_MS = 240_000;

const manifest = {
  form: [
    { id: 'TEAM', name: 'Team', type: 'choice', items: [{ id: 'd', name: 'Design' }] },
    { id: 'NICK', name: 'Nickname', type: 'input' },
  ],
  execute: [{ url: 'https://api.example.com/users', data: { email: '{{email}}' } }],
};

const text = `${JSON.stringify(manifest, null, 2)}\n`;

let folder: string;
let browser: Browser;
let lab: EditorLab;
let page: Page;
/** What the page complained about: a refused style or script, an exception. */
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-editor-'));
  await promisify(execFile)(process.execPath, ['scripts/bundle-browser.js', folder]);
  browser = await openBrowser();
}, STORY_MS);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  lab = await editorLab(loadAssets(pathToFileURL(`${folder}/`)));
  const { transact, actor, now, newId, randomBytes } = lab.engine;
  const fernboard = await lab.engine.integration(manifest, {}, 'Fernboard');
  const deps = { actor, now, newId, randomBytes };
  await transact((tx) => saveManifest(tx, fernboard, { text, ...deps }));
  // Its own: an older page may complain that its server is gone.
  const heard: string[] = [];
  complaints = heard;
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.on('pageerror', (error) => heard.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content.Security/.test(message.text()))
      heard.push(message.text());
  });
  await page.goto(await lab.open(fernboard.id));
});
afterEach(async () => {
  await page.close();
  await lab.close();
});

/** Each state of the page that has a picture is one that people work in: without eyes or a mouse, too. */
async function picture(name: string, look: 'dark' | 'light' = 'light'): Promise<void> {
  expect(await problemsInBothLooks(page, look)).toEqual([]);
  await takePicture(page.locator('main'), `editor-${name}`);
}

/** What runs in the browser knows its own globals only. */
const isFocused = (element: { readonly ownerDocument: { readonly activeElement: unknown } }) =>
  element.ownerDocument.activeElement === element;
const isThere = ({ isConnected }: { readonly isConnected: boolean }) => isConnected;

/** Puts a text in place of all there is, as if it were pasted. */
async function write(typed: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Manifest' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(typed);
}

test(
  'what one types is completed from the schema, and each problem is shown at its place',
  async () => {
    await page.locator('.slack').waitFor();
    await write('{"execute": [{"url": "https://a.example.com", ');
    await page.keyboard.type('"me');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: '"method"' }).click();
    await page.keyboard.type('FETCH');
    await page.locator('#problems', { hasText: /line 1: column \d+: not valid JSON/ }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.type('}]}');
    await page.locator('#problems', { hasText: '"FETCH" is not a request method' }).waitFor();
    expect(await page.locator('.cm-lintRange-error').textContent()).toBe('"FETCH"');
    expect(await page.locator('#preview-is-old').isVisible()).toBe(true);
    await picture('problems');

    await page.getByRole('button', { name: 'Error in line 1' }).click();
    await page.keyboard.press('Delete');
    await page.keyboard.type('"P');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: '"PATCH"' }).click();
    await page.locator('#problems', { hasText: 'There are none.' }).waitFor();
    expect(await page.locator('#preview-is-old').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'what fits at the cursor is offered as the schema has it, what comes first before the rest',
  async () => {
    await page.locator('.slack').waitFor();
    await write('{}');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+Space');
    const offered = page.locator('.cm-tooltip-autocomplete li');
    await offered.first().waitFor();
    const keys = (await offered.allInnerTexts()).map((each) => /"(.*)"/.exec(each)?.[1]);
    expect(keys.slice(0, 3)).toEqual(['type', 'form', 'extra_user_info']);
    expect(keys).not.toContain('$schema');
  },
  STORY_MS,
);

test(
  'a problem that stays is not said again, and leads to where it is by now',
  async () => {
    await page.locator('.slack').waitFor();
    await write('{"execute": [{"url": "https://a.example.com", "method": "FETCH"}]}');
    const problem = page.getByRole('button', { name: 'Error in line 1' });
    const said = await problem.elementHandle();
    await page.keyboard.press('Home');
    const checked = page.waitForResponse('**/check');
    await page.keyboard.type('   ');
    await checked;
    await page.locator('.cm-content').press('End'); // What the check says is shown by then.
    expect(await said?.evaluate(isThere)).toBe(true);
    await problem.click();
    expect(await page.evaluate<string>('getSelection().toString()')).toBe('"FETCH"');
    await page.route('**/check', () => undefined); // Its answer is still to come.
    await write(' ');
    await problem.click();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'where there is no preview yet, the page says what to do, and names no button that it hides',
  async () => {
    await page.locator('.slack').waitFor();
    await write('{"execute": 1}');
    await page.getByRole('button', { name: 'Save…' }).click();
    await page.locator('#problems', { hasText: 'execute' }).waitFor();
    const preview = page.locator('#preview');
    await preview.getByText('Fix the problems to see it.').waitFor();
    expect(await preview.innerText()).not.toContain('Press');
  },
  STORY_MS,
);

test(
  'the script says what it finds in the language of the page',
  async () => {
    const german = await browser.newPage({ locale: 'de-DE' });
    await german.goto(page.url());
    const problems = german.locator('#problems');
    await problems.getByText('Es gibt keine.', { exact: true }).waitFor();
    await german.getByTitle('Zeile einklappen').first().waitFor();
    await german.locator('.cm-content').click();
    await german.keyboard.press('Control+End');
    await german.keyboard.type('x');
    await problems.getByRole('heading', { name: 'Fehler', exact: true }).waitFor();
    await problems.getByRole('button', { name: /^Fehler in Zeile \d+$/ }).waitFor();
    await german.route('**/check', (route) => route.abort());
    await german.keyboard.type('y');
    await problems.getByText('Nicht geprüft. Latchkey ist gerade').waitFor();
    expect(await problems.innerText()).not.toContain('Not checked');
  },
  STORY_MS,
);

test(
  'the names that a template may use are offered, those of the form included',
  async () => {
    await page.locator('.slack').waitFor();
    await write('{"execute": [{"url": "https://a.example.com/"}]}');
    for (let left = 4; left > 0; left -= 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('{{NI');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: 'NICK' }).click();
    await page.locator('.cm-content', { hasText: '{{NICK' }).waitFor();
    expect(await page.locator('.cm-content').textContent()).toContain('.example.com/{{NICK}}"');
  },
  STORY_MS,
);

test(
  'both previews follow what is typed',
  async () => {
    await page.locator('.slack', { hasText: 'Nickname' }).waitFor();
    await page.locator('.teams .ac-adaptiveCard', { hasText: 'Nickname' }).waitFor();
    expect(await page.locator('.teams select option').allTextContents()).toContain('Design');
    for (const name of ['Slack', 'Teams']) {
      const drawn = page.getByRole('group', { name: `${name} preview` });
      await drawn.getByText('Grant Fernboard', { exact: true }).waitFor();
      await drawn.getByRole('button', { name: 'Cancel' }).waitFor();
    }
    await picture('preview');
    await write(text.replace('Nickname', 'Favourite colour'));
    await page.locator('.slack', { hasText: 'Favourite colour' }).waitFor();
    await page.locator('.teams .ac-adaptiveCard', { hasText: 'Favourite colour' }).waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'what was typed is tried in a dry run, comes back, and is saved after a look at what changes',
  async () => {
    await page.locator('.slack').waitFor();
    await write(text.replace('/users', '/members'));
    await page.getByRole('button', { name: 'Try…' }).click();
    await page.getByRole('heading', { name: 'Try the manifest of Fernboard' }).waitFor();
    await picture('try');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.locator('#try', { hasText: 'Nothing was sent.' }).waitFor();
    expect(await page.locator('.steps').textContent()).toContain('https://api.example.com/members');
    await picture('dry-run');

    await page.getByRole('button', { name: 'Back to the editor' }).click();
    await page.locator('.cm-content', { hasText: '/members' }).waitFor();
    await page.getByRole('button', { name: 'Save…' }).click();
    await page.locator('.diff .added', { hasText: '/members' }).waitFor();
    await picture('diff');
    await page.getByRole('button', { name: 'Save as version 3' }).click();
    await page.getByText('It is now version 3.').waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'Enter in an answer starts the dry run, and in the search it searches',
  async () => {
    await page.locator('.slack').waitFor();
    await page.getByRole('button', { name: 'Try…' }).click();
    await page.getByRole('searchbox').fill('zz');
    await page.getByRole('searchbox').press('Enter');
    await page.getByText('No one matches "zz".').waitFor();
    await page.getByRole('textbox', { name: 'Nickname' }).fill('Annie');
    await page.getByRole('textbox', { name: 'Nickname' }).press('Enter');
    await page.locator('#try', { hasText: 'Nothing was sent.' }).waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a try for real is followed without a reload, until it has ended',
  async () => {
    const { party } = lab.engine;
    let answer: (value?: unknown) => void = () => undefined;
    const held = new Promise((resolve) => {
      answer = resolve;
    });
    party.on('POST /a', { json: {} });
    party.on('POST /b', { json: {}, after: held });
    await page.locator('.slack').waitFor();
    await write(
      JSON.stringify({ execute: [{ url: `${party.url}/a` }, { url: `${party.url}/b` }] }),
    );
    await page.getByRole('button', { name: 'Try…' }).click();
    await page.getByRole('checkbox', { name: 'Send the requests' }).check();
    await page.getByRole('button', { name: 'Run for real' }).click();
    await page.locator('.steps', { hasText: '/a → 200' }).waitFor();
    await page.locator('summary').first().focus();
    const step = await page.locator('summary').first().elementHandle();
    for (let looks = 0; looks < 2; looks += 1) await page.waitForResponse('**/try');
    expect(await step?.evaluate(isThere)).toBe(true); // Nothing has changed.
    const outcome = await page.locator('#try [role=status]').elementHandle();
    answer();
    await page.locator('#try', { hasText: 'It succeeded.' }).waitFor();
    // So that a screen reader says it, and a keyboard goes on where it was.
    expect(await outcome?.innerText()).toContain('It succeeded.');
    expect(await page.locator('summary').first().evaluate(isFocused)).toBe(true);
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'the keyboard gets into the text and out of it',
  async () => {
    await page.locator('.slack').waitFor();
    const outline = (selector: string): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('${selector}')).outline`);
    await page.locator('.cm-content').focus();
    await page.locator('.cm-focused').waitFor();
    const ofText = await outline('.cm-editor');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Format');
    expect(ofText, 'as every other field shows it').toBe(await outline(':focus'));
  },
  STORY_MS,
);

test(
  'a session that has ended says so, and the text stays',
  async () => {
    await page.locator('.slack').waitFor();
    lab.end();
    await write('{"execute": []}');
    await page.locator('#problems', { hasText: 'Ask for a new link in chat.' }).waitFor();
    expect(await page.locator('.cm-content').textContent()).toContain('execute');
  },
  STORY_MS,
);

test(
  'it fits a phone, and has a dark mode',
  async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 800 });
    await page.locator('.teams .ac-adaptiveCard').waitFor();
    const { scrollWidth } = await page
      .locator('html')
      .evaluate(({ scrollWidth: width }: { scrollWidth: number }) => ({ scrollWidth: width }));
    expect(scrollWidth).toBeLessThanOrEqual(390);
    const behindTheText = await page.evaluate<string>(
      "getComputedStyle(document.querySelector('.cm-editor')).backgroundColor",
    );
    expect(behindTheText).toBe('rgb(26, 30, 37)'); // `--sheet` in the dark.
    await picture('dark', 'dark');
  },
  STORY_MS,
);
