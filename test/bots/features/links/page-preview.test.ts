/** What stands below a link to one of our pages: it follows from the address alone. */
import { beforeEach, describe, expect, test } from 'vitest';
import { previewWith } from '../../../../src/bots/features/links/page-preview.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf } from '../../../support/given/outcomes.ts';

const HOME = 'https://latchkey.example.com/base';
const SESSION = '0190f5a2-7c1e-7d43-9b1a-2f6f0c1d2e3f';

let chat: TestChat;
let ann: Person;
let figma: string;
beforeEach(async () => {
  chat = await testChat();
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  figma = await chat.integration('Figma', { execute: [{ url: 'https://api.example.com/u' }] });
});

async function cardAt(url: string, publicUrl = HOME): Promise<Card | undefined> {
  return (await previewWith({ stores: chat.services.stores, publicUrl })(url))?.card;
}
const at = (path: string) => cardAt(HOME + path);

test('an app’s page says what it is and for whom, and never which app', async () => {
  const card = await at(`/overview/${SESSION}/apps/${figma}`);
  expect(card && textOf(card)).toBe(`Latchkey: overview of an app
Admins and auditors read it. This link opens only for the person who got it from Latchkey; the button sends you your own.
[Request this app…] [Open the overview]`);
  expect(JSON.stringify(card)).not.toMatch(/Figma/);
  expect(JSON.stringify(card)).not.toContain(SESSION);
});

test('a page of something that there isn’t looks the same', async () => {
  const [real, none] = await Promise.all(
    [figma, SESSION].map((id) => at(`/overview/${SESSION}/apps/${id}`)),
  );
  expect(none && textOf(none)).toBe(real && textOf(real));
});

test.each([
  ['', 'Latchkey'],
  ['/', 'Latchkey'],
  ['/?from=chat#top', 'Latchkey'],
  ['/privacy', 'Latchkey: privacy'],
  ['/terms', 'Latchkey: terms of use'],
  ['/api/v1/docs', 'Latchkey: docs of the API'],
  [`/overview/${SESSION}`, 'Latchkey: overview'],
  [`/overview/${SESSION}/people?search=ann`, 'Latchkey: overview of people'],
  [`/overview/${SESSION}/people/${SESSION}`, 'Latchkey: overview of a person'],
  [`/overview/${SESSION}/apps/`, 'Latchkey: overview of apps'],
  [`/overview/${SESSION}/removals`, 'Latchkey: overview of removals'],
  [`/overview/${SESSION}/reviews`, 'Latchkey: overview of reviews'],
  [`/overview/${SESSION}/reviews/${SESSION}`, 'Latchkey: overview of a review'],
  [`/overview/${SESSION}/findings`, 'Latchkey: overview of findings'],
  [`/overview/${SESSION}/health`, "Latchkey: what works and what doesn't"],
  [`/overview/${SESSION}/evidence`, 'Latchkey: evidence for auditors'],
  [`/bundles/${SESSION}/${SESSION}`, 'Latchkey: bundles'],
  [`/editor/${SESSION}/try`, 'Latchkey: the manifest of an integration'],
])('%s is "%s"', async (path, title) => {
  expect((await at(path))?.title).toBe(title);
});

describe('there is no preview', () => {
  test.each([
    ['of a link that opens once', `/links/${SESSION}`],
    ['of such a link in another case', `/LINKS/${SESSION}`],
    ['of a link in an email', `/links/emailed/${SESSION}`],
    ['of a page where secrets are typed', `/secrets/${SESSION}`],
    ['of a page that sets up codes', `/authenticator/${SESSION}`],
    ['of a sign-in at an app', `/oauth/${SESSION}/connect`],
    ['of its way back', `/oauth/${SESSION}/callback?code=4711`],
    ['of the file with someone’s data', `/exports/${SESSION}/file`],
    ['of a webhook', `/hooks/${SESSION}`],
    ['of a file of the overview', `/overview/${SESSION}/people.csv`],
    ['of a pack of evidence', `/overview/${SESSION}/evidence.zip`],
    ['of one removal, which has no page', `/overview/${SESSION}/removals/${SESSION}`],
    ['of what programs call', '/api/v1/people'],
    ['of an id that is none', `/overview/${SESSION}/apps/${'a'.repeat(65)}`],
    ['of an id with more in it', `/overview/${SESSION}/apps/a%2Fb`],
    ['of a way out of a page', `/overview/${SESSION}/../../links/${SESSION}`],
    ['of a very long address', `/?${'a'.repeat(2000)}`],
    ['beside our path', '-other/privacy'],
  ])('%s', async (_, path) => {
    expect(await at(path)).toBeUndefined();
  });

  test.each([
    ['another host', 'https://evil.example/base/privacy'],
    ['our name in a longer one', 'https://latchkey.example.com.evil.example/base/privacy'],
    ['a host of ours', 'https://api.latchkey.example.com/base/privacy'],
    ['another port', 'https://latchkey.example.com:8443/base/privacy'],
    ['no https', 'http://latchkey.example.com/base/privacy'],
    ['a name before the host', 'https://ann@latchkey.example.com/base/privacy'],
    ['what lies above our path', 'https://latchkey.example.com/privacy'],
    ['no address', 'privacy'],
    ['no address of the web', 'javascript:alert(1)'],
  ])('at %s', async (_, url) => {
    expect(await cardAt(url)).toBeUndefined();
  });
});

test('it is in the language of the workspace, since everyone there reads it', async () => {
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  expect((await at('/privacy'))?.title).toBe('Latchkey: Datenschutz');
});

describe('"Request this app…"', () => {
  const by = (person: Person) => new Clicker(chat, person.email);
  const press = async () => {
    const card = await at(`/overview/${SESSION}/apps/${figma}`);
    return firstOf(card ? buttonsOf(card) : []);
  };

  test('opens the form of the person who presses it, and their press requests it', async () => {
    await chat.person({ email: 'ada@example.com', role: 'admin' }); // Who approves it.
    const form = await by(ann).opens(await press());
    expect(form.title).toBe('Request Figma');
    await by(ann).sends(await press(), { reason: 'A project' });
    const made = await chat.services.stores.requests.listAfter(undefined, 10, {});
    expect(made).toMatchObject([{ personId: ann.id, requestedById: ann.id, integrationId: figma }]);
  });

  const told = (integrationId: string, reader = ann): Promise<unknown> =>
    by(reader)
      .opens(askForAccess.with({ integrationId, isFromLink: true }))
      .then(({ title }) => title, String);
  const forNobody = () =>
    chat.services.transact(async (tx) => {
      const app = await tx.integrations.find(figma);
      const policy = { ...defaultPolicy, requesters: { kind: 'nobody' as const } };
      if (app) await tx.integrations.save({ ...app, settings: { policy } });
    });

  test('names no app that this person can’t request, nor one that is deleted or was never there', async () => {
    const never = await told('nothing');
    expect(never).toContain("You can't request this app");
    await forNobody();
    expect(await told(figma)).toBe(never);
  });

  test('sends no admin to an admin for an app that nobody can request: they grant it', async () => {
    await forNobody();
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    expect(await told(figma, ada)).toMatch(/You can't request Figma\n.*You can grant it instead/);
  });
});
