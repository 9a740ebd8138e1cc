import { beforeEach, expect, test } from 'vitest';
import {
  adoptAccount,
  ignoreAccount,
  makeServiceAccount,
  removeAccount,
  reopenAccount,
} from '../../../../src/bots/features/findings/decide-finding.ts';
import {
  acceptList,
  filterFindings,
  findingsCard,
  readLists,
} from '../../../../src/bots/features/findings/findings-card.ts';
import { newId } from '../../../../src/core/ids.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../../src/engine/access/removals/begin-removal.ts';
import { withdrawRemoval } from '../../../../src/engine/access/removals/removals.ts';
import { type AccountRound, endRound } from '../../../../src/engine/findings/account-round.ts';
import type { Finding } from '../../../../src/engine/findings/finding.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { workOnRemovals } from '../../../support/removals.ts';

const list = { url: 'https://api.example.com/users', method: 'GET' };
const manifest = {
  execute: [{ url: 'https://api.example.com/users' }],
  revoke: [{ url: 'https://api.example.com/users/{{email}}', method: 'DELETE' }],
  accounts: { execute: [list], data_structure: { id: 'id', email: 'mail' } },
};

let chat: TestChat;
let fernboard: string;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Ames',
    role: 'admin',
  });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  fernboard = await chat.integration('Fernboard', manifest);
});

const ada = () => new Clicker(chat, 'ada@example.com');
const card = async (about: object = {}, userId = 'ada@example.com') =>
  findingsCard.render(
    JSON.stringify({ page: 0, standing: 'open', ...about }),
    await liveReader(chat, userId),
  );

/** As a round leaves it. */
async function kept(about: Partial<Finding> & { readonly mail?: string }): Promise<Finding> {
  const { mail = 'x@elsewhere.example', ...more } = about;
  const at = chat.services.now();
  const seen = { integrationId: fernboard, roundId: 'r', at, newId };
  const finding: Finding = {
    id: newId(),
    version: 1,
    integrationId: fernboard,
    kind: 'orphan',
    state: 'open',
    label: mail,
    foundAt: at,
    seenAt: at,
    roundId: 'r',
    ...more,
  };
  return chat.services.transact(async (tx) => {
    await tx.listedAccounts.put([{ key: mail, email: mail, name: '' }], seen);
    const [account] = await tx.listedAccounts.withEmails('r', [mail]);
    const whole = { ...finding, accountId: account?.id };
    await tx.findings.insert(whole);
    return whole;
  });
}

const now = async ({ id }: Finding) => chat.services.stores.findings.find(id);

test('each finding says what it is, and offers what makes sense for it', async () => {
  await kept({ kind: 'orphan', mail: 'nobody@elsewhere.example' });
  await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  const shown = await card();
  expect(textOf(shown)).toContain('Fernboard: nobody@elsewhere.example');
  expect(textOf(shown)).toContain('No one in the directory has this account.');
  expect(textOf(shown)).toContain("Ann Lee has this account, but it wasn't granted here.");
  const labels = buttonsOf(shown).map(({ label }) => label);
  expect(labels).toEqual(
    expect.arrayContaining(['Adopt…', 'Service account…', 'Ignore', 'Remove…', 'Filter…']),
  );
  const orphanOnly = await card({ kind: 'orphan' });
  expect(buttonsOf(orphanOnly).map(({ label }) => label)).not.toContain('Remove…');
  expect(textOf(await card({ standing: 'ignored' }))).toContain('Ignored: none');
});

test('an account that is older than its finding says when Latchkey first saw it', async () => {
  const day = 24 * 60 * 60_000;
  const foundAt = new Date(chat.clock + day);
  await kept({ kind: 'left-behind', mail: 'ann@example.com', personId: ann.id, foundAt });
  await kept({ mail: 'new@elsewhere.example' });
  await kept({ mail: 'younger@elsewhere.example', foundAt: new Date(chat.clock - day) });
  const text = textOf(await card());
  expect(text).toContain(
    "Found on 26 Nov 2026. Latchkey first saw it in the app's list on 25 Nov 2026.",
  );
  expect(text.match(/first saw it/g)).toHaveLength(1);
});

test('a finding of an app that is turned off says that it can not be checked', async () => {
  await kept({});
  const unchecked = "Latchkey doesn't read this app's list any more, so it can't check this.";
  expect(textOf(await card())).not.toContain(unchecked);
  const integration = await chat.services.stores.integrations.find(fernboard);
  if (integration)
    await chat.services.transact((tx) => tx.integrations.save({ ...integration, enabled: false }));
  expect(textOf(await card())).toContain(unchecked);
});

test('says which list was not read to its end', async () => {
  const at = chat.services.now();
  const round: AccountRound = {
    id: newId(),
    version: 1,
    integrationId: fernboard,
    manifestVersionId: 'v',
    startedAt: at,
    phase: 'tidying',
    after: '',
    pages: 1,
    listed: 3,
    skipped: 0,
    unreadable: 0,
    list: 'cut',
    why: 'Fernboard answered 403.',
    tries: 0,
    completeCount: 0,
    state: 'done',
    finishedAt: at,
  };
  await chat.services.transact((tx) => tx.accountRounds.replace(round));
  const text = textOf(await card());
  expect(text).toContain('1 app lists its accounts.');
  expect(text).toMatch(/Fernboard: the list of .* isn't complete.*Fernboard answered 403\./);
});

test('Remove begins the removal of that account', async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  await ada().sends(removeAccount.with({ findingId: finding.id }), {});
  expect(await now(finding)).toMatchObject({ state: 'removing' });
  expect(await chat.services.stores.removals.open(ann.id, fernboard)).toMatchObject({
    causes: [{ kind: 'revoked' }],
  });
});

test('an account whose removal was withdrawn is to be decided again', async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  const { stores, transact } = chat.services;
  await ada().sends(removeAccount.with({ findingId: finding.id }), {});
  const removal = present(await stores.removals.open(ann.id, fernboard));
  await transact((tx) => withdrawRemoval(tx, removal, { actor: { kind: 'system' } }));
  await workOnRemovals(chat);
  expect(await now(finding)).toMatchObject({ kind: 'found', state: 'open' });
});

test('an account whose removal was withdrawn for a grant needs no decision', async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  const { stores, transact } = chat.services;
  await ada().sends(removeAccount.with({ findingId: finding.id }), {});
  const removal = present(await stores.removals.open(ann.id, fernboard));
  const integration = present(await stores.integrations.find(fernboard));
  await transact(async (tx) => {
    const actor = { kind: 'system' } as const;
    await withdrawRemoval(tx, removal, { actor, for: 'granted' });
    await openHold(tx, { person: ann, integration, actor, source: 'by-hand' }, {});
  });
  await workOnRemovals(chat);
  expect(await now(finding)).toMatchObject({ state: 'resolved' });
});

test("Remove on an old card removes nothing where the account is someone else's by now", async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  const pressed = removeAccount.with({ findingId: finding.id, personId: ann.id });
  expect(buttonsOf(await card()).map(({ does }) => does)).toContainEqual(pressed);
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  await chat.services.transact((tx) => tx.findings.save({ ...finding, personId: bo.id }));
  await expect(ada().sends(pressed, {})).rejects.toThrow('This finding is closed');
  expect(await chat.services.stores.removals.open(bo.id, fernboard)).toBeUndefined();
  expect(await now(finding)).toMatchObject({ state: 'open' });
});

test('Remove of what a leaver left behind removes nothing of someone who is back', async () => {
  const about = { kind: 'left-behind', mail: 'ann@example.com', personId: ann.id } as const;
  const finding = await kept(about);
  const pressed = removeAccount.with({ findingId: finding.id, personId: ann.id });
  const refused = { card: { title: 'This finding is closed' } };
  expect(await ada().answers(pressed, {})).toMatchObject(refused);
  expect(await chat.services.stores.removals.open(ann.id, fernboard)).toBeUndefined();
  expect(await now(finding)).toMatchObject({ kind: 'found', state: 'open' });
});

test('Remove of what nobody had granted removes nothing that was granted since', async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  const { stores, transact, now: at } = chat.services;
  await transact((tx) =>
    tx.holds.insert({
      id: newId(),
      version: 1,
      personId: ann.id,
      integrationId: fernboard,
      source: 'by-hand',
      givenBy: { kind: 'system' },
      startedAt: at(),
    }),
  );
  const pressed = removeAccount.with({ findingId: finding.id, personId: ann.id });
  const refused = { card: { title: 'This finding is closed' } };
  expect(await ada().answers(pressed, {})).toMatchObject(refused);
  expect(await stores.holds.openAt(ann.id, fernboard)).toHaveLength(1);
  expect(await now(finding)).toMatchObject({ state: 'resolved' });
});

test('who adopts an account while their access is removed keeps none of it', async () => {
  const finding = await kept({ mail: 'private@elsewhere.example' });
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(fernboard));
  const cause = { kind: 'revoked' } as const;
  const actor = { kind: 'system' } as const;
  await transact((tx) => beginRemoval(tx, { person: ann, integration, cause, actor }));
  await ada().sends(adoptAccount.with({ findingId: finding.id }), { email: 'ann@example.com' });
  expect(await stores.holds.openAt(ann.id, fernboard)).toEqual([]);
  expect(await now(finding)).toMatchObject({ state: 'removing', personId: ann.id });
  expect(await stores.accounts.openAt(ann.id, fernboard)).toMatchObject([
    { facts: { email: 'private@elsewhere.example' } },
  ]);
});

test.each(['removing', 'service', 'ignored'] as const)(
  'what another admin decided stays: %s',
  async (state) => {
    const finding = await kept({ kind: 'found', mail: 'a@example.com', personId: ann.id, state });
    const target = { findingId: finding.id };
    for (const form of [removeAccount.with(target), adoptAccount.with(target)])
      await expect(ada().opens(form)).rejects.toThrow('This finding is closed');
    expect(textOf(await ada().presses(ignoreAccount.with(target)))).toContain(
      'This finding is closed',
    );
    expect(await now(finding)).toMatchObject({ state });
    expect(await chat.services.stores.removals.open(ann.id, fernboard)).toBeUndefined();
  },
);

test('Adopt asks whose it is, and gives them a hold', async () => {
  const finding = await kept({ mail: 'private@elsewhere.example' });
  await ada().sends(adoptAccount.with({ findingId: finding.id }), { email: 'ann@example.com' });
  expect(await now(finding)).toMatchObject({ state: 'resolved', personId: ann.id });
  expect(await chat.services.stores.holds.openAt(ann.id, fernboard)).toMatchObject([
    { source: 'found' },
  ]);
});

test('a service account has an owner and a date, which has to be in the future', async () => {
  const finding = await kept({ mail: 'backup@elsewhere.example' });
  const call = makeServiceAccount.with({ findingId: finding.id });
  const errors = await ada().isTold(call, { email: 'ann@example.com', until: '2020-01-01' });
  expect(errors?.['until']).toContain('future');
  await ada().sends(call, { email: 'ann@example.com', until: '2027-01-01' });
  expect(await now(finding)).toMatchObject({
    state: 'service',
    ownerId: ann.id,
    lookAgainOn: '2027-01-01',
  });
  expect(textOf(await card({ standing: 'service' }))).toContain('Service account of Ann Lee');
});

test('what is ignored can be opened again, and both are in the audit log', async () => {
  const finding = await kept({ kind: 'found', mail: 'ann@example.com', personId: ann.id });
  await ada().press(ignoreAccount.with({ findingId: finding.id }));
  expect(await now(finding)).toMatchObject({ state: 'ignored' });
  await ada().press(reopenAccount.with({ findingId: finding.id }));
  expect(await now(finding)).toMatchObject({ state: 'open' });
  const entries = await chat.services.stores.auditLog.list({ offset: 0, limit: 2 });
  expect(entries.map(({ what }) => what)).toEqual(['finding.reopened', 'finding.ignored']);
  for (const { detail } of entries)
    expect(detail).toEqual({ kind: 'found', findingId: finding.id });
});

test('no admin decides that an account of their own stays, unless they are the only one', async () => {
  const me = await chat.services.stores.people.findByEmail('ada@example.com');
  const finding = await kept({ kind: 'found', mail: 'ada@example.com', personId: me?.id ?? '' });
  const about = { findingId: finding.id };
  await chat.person({ email: 'bob@example.com', firstName: 'Bob', role: 'admin' });
  await ada().press(ignoreAccount.with(about));
  await expect(ada().opens(adoptAccount.with(about))).rejects.toThrow('This finding is about you');
  await expect(ada().opens(makeServiceAccount.with(about))).rejects.toThrow('is about you');
  expect(await now(finding)).toMatchObject({ state: 'open' });
  await new Clicker(chat, 'bob@example.com').press(ignoreAccount.with(about));
  expect(await now(finding)).toMatchObject({ state: 'ignored' });
});

test('the only admin decides on their own account, too', async () => {
  const me = await chat.services.stores.people.findByEmail('ada@example.com');
  const finding = await kept({ kind: 'found', mail: 'ada@example.com', personId: me?.id ?? '' });
  await ada().press(ignoreAccount.with({ findingId: finding.id }));
  expect(await now(finding)).toMatchObject({ state: 'ignored' });
});

test('Filter… opens with what is shown', async () => {
  const shown = { page: 0, standing: 'ignored', kind: 'orphan', integrationId: fernboard } as const;
  const { fields } = await ada().opens(filterFindings.with(shown));
  expect(fields).toMatchObject({
    standing: { initial: 'ignored' },
    what: { initial: 'orphan' },
    integration: { initial: fernboard },
  });
});

test('Read lists now begins a round, which the card shows until its end', async () => {
  expect(textOf(await card({}))).toMatch(/every night\.\n/);
  await ada().press(readLists.with({}));
  const { stores, transact } = chat.services;
  const begun = present(await stores.accountRounds.at(fernboard));
  expect(begun).toMatchObject({ state: 'waiting', phase: 'reading' });
  expect(textOf(await card({}))).toContain('every night. Latchkey is reading now.');
  await transact((tx) => tx.accountRounds.save(endRound(begun, { state: 'done' }, tx.now)));
  expect(textOf(await card({}))).toContain('every night. Last read on 25 Nov 2026, 09:00.');
});

test('a list that is much shorter than the last complete one counts when an admin accepts it', async () => {
  const { stores, transact } = chat.services;
  await ada().press(readLists.with({}));
  const begun = present(await stores.accountRounds.at(fernboard));
  const short = {
    ...begun,
    list: 'cut',
    why: 'It is short.',
    listed: 3,
    completeCount: 12,
  } as const;
  await transact((tx) => tx.accountRounds.save(endRound(short, { state: 'done' }, tx.now)));
  expect(textOf(await card({}))).toContain('[Accept the list]');
  const accept = acceptList.with({ integrationId: fernboard });
  await chat.person({ email: 'olga@example.com', firstName: 'Olga', role: 'auditor' });
  await new Clicker(chat, 'olga@example.com').press(accept);
  expect(await stores.accountRounds.at(fernboard)).toMatchObject({ completeCount: 12 });
  await ada().press(accept);
  expect(await stores.accountRounds.at(fernboard)).toMatchObject({
    state: 'waiting',
    completeCount: 12,
    acceptsAny: true,
  });
});

test('is for admins and auditors, and only admins decide', async () => {
  const finding = await kept({ mail: 'secret@elsewhere.example' });
  const clicker = new Clicker(chat, 'ann@example.com');
  expect((await clicker.types('findings')).title).toBe("You can't see findings");
  expect(textOf(await card({}, 'ann@example.com'))).not.toContain('secret@elsewhere.example');
  await chat.person({ email: 'olga@example.com', firstName: 'Olga', role: 'auditor' });
  expect(textOf(await card({}, 'olga@example.com'))).toContain('secret@elsewhere.example');
  for (const userId of ['ann@example.com', 'olga@example.com'])
    await new Clicker(chat, userId).press(ignoreAccount.with({ findingId: finding.id }));
  expect(await now(finding)).toMatchObject({ state: 'open' });
});
