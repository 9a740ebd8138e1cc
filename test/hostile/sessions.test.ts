/** Pages that are open in someone's browser, whose forms and addresses say anything at all: each answer is a page, and nothing breaks. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeBundle } from '../../src/engine/bundles/change-bundle.ts';
import type { LinkPurpose } from '../../src/engine/links/link.ts';
import { type Answer, csrfOn, type TestWeb, testWeb } from '../support/browser/web.ts';
import { damagedText, hostileText, sample } from './corpus.ts';
import { manifests } from './templates.ts';

/** The same inputs every time. */
const SEED = 5;
const COUNT = 40;
const PAGES = [200, 303, 400, 404, 409, 413, 422];

let web: TestWeb;
let integration = '';
let bundle = '';

beforeEach(async () => {
  web = await testWeb();
  integration = await web.chat.integration('Fernboard', {
    initial_data_form: [
      { id: 'TOKEN', name: 'Token' },
      { id: 'HOST', name: 'Host', secret: false },
    ],
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    execute: [{ url: 'https://api.example.com/{{TEAM}}', headers: { A: '{{TOKEN}}' } }],
  });
  const actor = { kind: 'person', personId: web.admin.id, via: 'web' } as const;
  const made = await web.chat.services.transact((tx) =>
    makeBundle(tx, { name: 'Basics', description: '', tags: '' }, { actor }),
  );
  if (!made.ok) throw new Error(made.why);
  bundle = made.bundle.id;
});
afterEach(() => web.close());

const pathPart = hostileText.map((text) =>
  encodeURIComponent(Buffer.from(text).toString()).slice(0, 1000),
);

interface Page {
  readonly purpose: LinkPurpose;
  readonly subject: () => string;
  /** Below the session's own address. */
  readonly below: () => readonly string[];
  readonly fields: readonly string[];
  readonly presses: readonly string[];
}

const pages: readonly Page[] = [
  {
    purpose: 'secrets',
    subject: () => integration,
    below: () => [''],
    fields: ['value.TOKEN', 'lines.TOKEN', 'value.HOST', 'version', 'value.__proto__'],
    presses: ['save', '', 'x'],
  },
  {
    purpose: 'manifest',
    subject: () => integration,
    below: () => ['', '', '/try'],
    fields: ['manifest', 'base', 'name', 'person', 'q', 'part', 'sure', 'once', 'answer.TEAM'],
    presses: ['check', 'preview', 'format', 'review', 'save', 'options', 'dry', 'stop', 'x'],
  },
  {
    purpose: 'bundles',
    subject: () => 'bundles',
    below: () => ['', `/${bundle}`, `/${bundle}/item?app=${integration}`, `/${bundle}`, '/x'],
    fields: ['name', 'description', 'tags', 'seen', 'TEAM', 'text', 'hours', 'amount'],
    presses: ['save', 'discard', 'remove x', 'up x', 'down', 'x'],
  },
  {
    purpose: 'authenticator',
    subject: () => 'authenticator',
    below: () => [''],
    fields: ['authenticator', 'code'],
    presses: ['x'],
  },
  {
    purpose: 'overview',
    subject: () => 'overview',
    below: () =>
      ['people', 'apps', 'removals', 'reviews', 'findings', 'health', 'evidence', 'x'].flatMap(
        (name) => [`/${name}`, `/${name}.csv`, `/${name}.zip`, `/${name}/${integration}`],
      ),
    fields: ['text', 'who', 'page', 'state', 'app', 'person', 'from', 'until', 'kind', 'since'],
    presses: ['x'],
  },
];

test.each(pages)(
  'whatever is sent to a page for $purpose is answered with a page',
  { timeout: 200_000 },
  async ({ purpose, subject, ...page }) => {
    const opened = () => web.opened(purpose, subject());
    let { browser, page: first } = await opened();
    const problems: string[] = [];
    let judged = 0;
    const text = fc.oneof(
      { weight: 4, arbitrary: hostileText },
      { weight: 1, arbitrary: damagedText(manifests.slice(0, 3)) },
    );
    const calls = fc.record({
      below: fc.constantFrom(...page.below()),
      odd: fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: pathPart },
      ),
      sends: fc.constantFrom(...(purpose === 'overview' ? [false] : [true, true, false])),
      press: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...page.presses) },
        { weight: 1, arbitrary: hostileText },
      ),
      given: fc.array(fc.tuple(fc.constantFrom(...page.fields), text), { maxLength: 5 }),
    });
    for (const call of sample(calls, COUNT, SEED)) {
      const root = first.at.split('?')[0] ?? '';
      const query = new URLSearchParams(
        call.given.map(([name, value]): [string, string] => [name, value.slice(0, 500)]),
      );
      const at = `${root}${call.below}${call.odd === undefined ? '' : `/${call.odd}`}`;
      const answer: Answer = call.sends
        ? await browser.post(at, {
            ...Object.fromEntries(call.given),
            do: call.press,
            csrf: csrfOn(first.text),
          })
        : await browser.get(
            `${at}${at.includes('?') ? '&' : '?'}${query.toString().slice(0, 4000)}`,
          );
      if (answer.status === 403 || answer.status === 410 || answer.text.includes('is closed')) {
        ({ browser, page: first } = await opened());
        continue;
      }
      judged += 1;
      if (!PAGES.includes(answer.status))
        problems.push(`${answer.status} ${JSON.stringify(call).slice(0, 400)}`);
      if (/<script>alert|<img src=x/.test(answer.text))
        problems.push(`markup ${JSON.stringify(call).slice(0, 400)}`);
    }
    expect({ problems, errors: web.errors.map(String) }).toEqual({ problems: [], errors: [] });
    expect(judged).toBeGreaterThan(COUNT / 3); // Else the others met a page that had been closed.
  },
);
