/** Which tokens are accepted, as whom, and what ends them: on both databases. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { saveSettings } from '../../../src/engine/settings/save-settings.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { authenticateToken } from '../../../src/engine/tokens/authenticate-token.ts';
import { createToken, type TokenWish } from '../../../src/engine/tokens/create-token.ts';
import { revokeToken, tokenSource } from '../../../src/engine/tokens/end-tokens.ts';
import { MAX_LIVE, MAX_NAME } from '../../../src/engine/tokens/token.ts';
import { idIn, newTokenText } from '../../../src/engine/tokens/token-text.ts';
import { namesFrom, whoWords } from '../../../src/engine/work/names.ts';
import { type ChatOn, testChatOn } from '../../support/chat.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

describe.each(bothDatabases)('on %s', (_name, open) => {
  let events: string[];
  let chat: ChatOn<Awaited<ReturnType<typeof open>>>;
  let ada: Person;
  let bob: Person;
  let ann: Person;
  beforeEach(async () => {
    events = [];
    chat = await testChatOn<Awaited<ReturnType<typeof open>>>((now, notify) =>
      open(now, async (tx, event) => {
        if (event.kind === 'token-expiring') events.push(`${event.token.name} expires`);
        if (event.kind === 'tokens-ended') events.push(...event.tokens.map(({ name }) => name));
        await notify(tx, event);
      }),
    );
    ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
    bob = await chat.person({ email: 'bob@example.com', role: 'admin' });
    ann = await chat.person({ email: 'ann@example.com' });
  });
  afterEach(() => chat.cleanup());

  const transact = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    chat.services.transact(work);
  const by = ({ id: personId }: Person): { readonly actor: Actor } => ({
    actor: { kind: 'person', personId, via: 'web' },
  });
  const wishOf = (change: Partial<TokenWish> = {}): TokenWish => ({
    name: 'CI',
    kind: 'personal',
    ownerId: ada.id,
    scopes: ['read'],
    days: 90,
    ...change,
  });
  const create = (change?: Partial<TokenWish>) => {
    const wish = wishOf(change);
    return transact((tx) => createToken(tx, wish, { actor: { kind: 'operator', user: 'root' } }));
  };
  async function made(change?: Partial<TokenWish>) {
    const created = await create(change);
    if (!created.ok) throw new Error(created.why);
    return created;
  }
  const authenticate = (presented: string) => authenticateToken(presented, chat.services);
  const reasonOf = async (presented: string) => {
    const answer = await authenticate(presented);
    return answer.ok ? 'ok' : answer.reason;
  };
  const allowEveryone = (personalTokens: 'everyone' | 'admins' = 'everyone') =>
    transact((tx) => changeWorkspaceSettings(tx, { personalTokens }));
  const audited = async (what: string) =>
    (await chat.services.stores.auditLog.list({ offset: 0, limit: 200 })).filter(
      (entry) => entry.what === what,
    );
  /** Since it was asked last. */
  const emitted = () => events.splice(0);

  test('a token is a text that scanners find, and only its hash is stored', async () => {
    const { presented, token } = await made();
    expect(presented).toMatch(/^lk_[0-9A-Za-z]{71}$/);
    expect(idIn(presented)).toBe(token.id);
    const rows = JSON.stringify(await chat.database.db('api_tokens').select('*'));
    expect(rows).not.toContain(presented.slice(25));
    const log = JSON.stringify(await chat.database.db('audit_log').select('*'));
    expect(log).not.toContain(presented.slice(25));
  });

  test('a personal token acts as its person, with the rights of now', async () => {
    const { presented, token } = await made();
    expect(await authenticate(presented)).toMatchObject({
      ok: true,
      token: { id: token.id, scopes: ['read'] },
      person: { id: ada.id, role: 'admin' },
      actor: { kind: 'person', personId: ada.id, tokenId: token.id },
    });
  });

  test('what it does is named by person and token', async () => {
    const { presented } = await made();
    const answer = await authenticate(presented);
    if (!answer.ok) throw new Error(answer.reason);
    await transact((tx) => tx.audit('export.made', { actor: answer.actor }));
    const entry = firstOf(await audited('export.made'));
    expect(await whoWords(entry.actor, namesFrom(chat.services.stores))).toBe(
      'Ada <ada@example.com> (by the token CI)',
    );
  });

  test('what was never a token asks no database', async () => {
    const { presented } = await made();
    const last = presented.endsWith('0') ? '1' : '0';
    for (const wrong of [
      '',
      'lk_',
      'x'.repeat(1_000_000),
      presented.slice(0, -1),
      `${presented} `,
      `${presented.slice(0, -1)}${last}`,
      presented.replace('lk_', 'gh_'),
    ])
      expect(await reasonOf(wrong)).toBe('malformed');
  });

  test('a forged one with a real id and a right checksum is unknown', async () => {
    const { token } = await made();
    const forged = newTokenText(token.id, (size) => new Uint8Array(size));
    expect(await reasonOf(forged)).toBe('unknown');
    expect(await audited('token.refused')).toEqual([]);
  });

  test('it expires', async () => {
    const { presented } = await made({ days: 1 });
    chat.clock += DAY_MS - 1;
    expect(await reasonOf(presented)).toBe('ok');
    chat.clock += 1;
    expect(await reasonOf(presented)).toBe('expired');
  });

  test('revoked is refused, and that is audited once an hour', async () => {
    const { presented, token } = await made();
    await transact((tx) => revokeToken(tx, token.id, by(bob)));
    expect(await reasonOf(presented)).toBe('revoked');
    expect(await reasonOf(presented)).toBe('revoked');
    expect(await audited('token.refused')).toHaveLength(1);
    chat.clock += HOUR_MS;
    expect(await reasonOf(presented)).toBe('revoked');
    expect(await audited('token.refused')).toHaveLength(2);
    expect(await transact((tx) => revokeToken(tx, token.id, by(bob)))).toBeUndefined();
  });

  test('its last use is noted at most once an hour', async () => {
    const { presented, token } = await made();
    const lastUse = async () => (await chat.services.stores.apiTokens.find(token.id))?.lastUsedAt;
    await authenticate(presented);
    const first = new Date(chat.clock);
    chat.clock += HOUR_MS - 1;
    await authenticate(presented);
    expect(await lastUse()).toEqual(first);
    chat.clock += 1;
    await authenticate(presented);
    expect(await lastUse()).toEqual(new Date(chat.clock));
  });

  test('the owner who leaves ends it, and it stays ended when they are back', async () => {
    const { presented } = await made();
    const left = await transact((tx) => deactivate(tx, ada, by(bob)));
    if (!left.ok) throw new Error(left.why);
    expect(await reasonOf(presented)).toBe('owner-gone');
    await transact(async (tx) => {
      const back = await reactivate(tx, left.person, by(bob));
      await changePerson(tx, back, { details: { role: 'admin' }, ...by(bob) });
    });
    expect(await reasonOf(presented)).toBe('owner-gone');
  });

  test('the role of an admin taken away ends both kinds, and admins hear of service tokens once', async () => {
    const personal = await made();
    const service = await made({ kind: 'service', name: 'Nightly' });
    const other = await made({ ownerId: bob.id });
    await transact((tx) => changePerson(tx, ada, { details: { role: 'other' }, ...by(bob) }));
    expect(await reasonOf(personal.presented)).toBe('owner-gone');
    expect(await reasonOf(service.presented)).toBe('owner-gone');
    expect(await reasonOf(other.presented)).toBe('ok');
    expect(emitted()).toEqual(['Nightly']);
  });

  test('the audit log says in words, in its language, why one ended and was refused', async () => {
    const { presented } = await made();
    const { presented: short } = await made({ ownerId: bob.id, days: 1 });
    await transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
    await transact((tx) => deactivate(tx, ada, by(bob)));
    await authenticate(presented);
    chat.clock += DAY_MS;
    await authenticate(short);
    const said = [];
    for (const what of ['token.revoked', 'token.refused'] as const)
      for (const entry of await chat.services.stores.auditLog.list(
        { offset: 0, limit: 10 },
        { what },
      ))
        said.push(entry.detail?.['why']);
    expect(said).toEqual([
      'die Person ist gegangen oder darf ein solches Token nicht mehr haben',
      'es ist abgelaufen',
      'die Person ist gegangen oder darf ein solches Token nicht mehr haben',
    ]);
  });

  test('one whose owner lost the rights behind its back is ended at its next call', async () => {
    const { presented } = await made({ kind: 'service' });
    await chat.database.db('people').where({ id: ada.id }).update({ role: 'other' });
    expect(await reasonOf(presented)).toBe('owner-gone');
    expect(await reasonOf(presented)).toBe('owner-gone');
    expect(emitted()).toEqual(['CI']);
    await chat.database.db('people').where({ id: ada.id }).update({ role: 'admin' });
    expect(await reasonOf(presented)).toBe('owner-gone');
  });

  test('erasing someone deletes their tokens', async () => {
    const { presented } = await made();
    await transact((tx) => deactivate(tx, ada, by(bob)));
    const person = present(await chat.services.stores.people.find(ada.id));
    const entry = { id: chat.services.newId(), at: new Date(chat.clock), personId: ada.id };
    await chat.personalData.erase(person, {
      ...entry,
      actor: { kind: 'system' },
      what: 'person.erased',
    });
    expect(await reasonOf(presented)).toBe('unknown');
  });

  describe('who may have one', () => {
    test('only admins, unless a setting says everyone; a service token only an admin', async () => {
      expect(await create({ ownerId: ann.id })).toMatchObject({ ok: false });
      await allowEveryone();
      expect(await create({ ownerId: ann.id })).toMatchObject({ ok: true });
      expect(await create({ ownerId: ann.id, kind: 'service', name: 'B' })).toMatchObject({
        ok: false,
      });
    });

    test('the setting, taken back, stops those of others at once', async () => {
      await allowEveryone();
      const { presented } = await made({ ownerId: ann.id });
      expect(await reasonOf(presented)).toBe('ok');
      await allowEveryone('admins');
      expect(await reasonOf(presented)).toBe('owner-gone');
    });

    test('the setting, taken back, revokes those of others for good, also one that nobody used meanwhile', async () => {
      const set = (personalTokens: 'everyone' | 'admins') =>
        transact((tx) => saveSettings(tx, { personalTokens }, by(ada)));
      await set('everyone');
      const others = await made({ ownerId: ann.id });
      const own = await made();
      const service = await made({ kind: 'service', name: 'HR' });
      await set('admins');
      await set('everyone');
      expect(await reasonOf(others.presented)).toBe('revoked');
      expect(await reasonOf(own.presented)).toBe('ok');
      expect(await reasonOf(service.presented)).toBe('ok');
      expect(await audited('token.revoked')).toMatchObject([
        { personId: ann.id, ...by(ada), detail: { name: 'CI', why: 'it was revoked' } },
      ]);
    });

    test('nobody who has left or was never there', async () => {
      await transact((tx) => deactivate(tx, ada, by(bob)));
      expect(await create()).toMatchObject({ ok: false });
      expect(await create({ ownerId: 'nobody' })).toMatchObject({ ok: false });
    });
  });

  test.each([
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(MAX_NAME + 1) }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ days: 0 }, 'days'],
    [{ days: 366 }, 'days'],
    [{ days: 1.5 }, 'days'],
  ] as const)('%j is refused', async (change, field) => {
    expect(await create(change)).toMatchObject({ ok: false, field });
  });

  test('two live ones of a person have different names', async () => {
    const { token } = await made();
    expect(await create()).toMatchObject({ ok: false, field: 'name' });
    await transact((tx) => revokeToken(tx, token.id, by(ada)));
    expect(await create()).toMatchObject({ ok: true });
  });

  test(`a person has at most ${MAX_LIVE} live ones, also when two are made at once`, async () => {
    for (let n = 1; n < MAX_LIVE; n += 1) await made({ name: `Token ${n}` });
    const last = await Promise.all([create({ name: 'A' }), create({ name: 'B' })]);
    expect(last.filter(({ ok }) => ok)).toHaveLength(1);
  });

  describe('a week before it expires', () => {
    const tick = () => fire(chat.services, [tokenSource]);

    test('its owner hears of it, once', async () => {
      await made();
      chat.clock += 83 * DAY_MS - 1;
      await tick();
      expect(emitted()).toEqual([]);
      chat.clock += 1;
      await tick();
      await tick();
      expect(emitted()).toEqual(['CI expires']);
    });

    test('no one hears of one that was revoked, or that was made for a week', async () => {
      const { token } = await made();
      await made({ name: 'Short', days: 7 });
      await transact((tx) => revokeToken(tx, token.id, by(ada)));
      chat.clock += 84 * DAY_MS;
      await tick();
      expect(emitted()).toEqual([]);
    });
  });
});
