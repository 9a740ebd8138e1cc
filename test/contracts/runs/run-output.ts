import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Link, LinkIn } from '../../../src/engine/links/link.ts';
import type { Delivery, DeliveryIn } from '../../../src/engine/messages/delivery.ts';
import type { OAuthToken } from '../../../src/engine/ports/integration-stores.ts';
import type { RunFilePart } from '../../../src/engine/ports/run-stores.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { insertPerson } from '../a-person.ts';
import { insertWithManifest } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const later = new Date('2026-11-24T13:00:00.000Z');

/** What every database must do with tokens, and with what runs leave behind. */
export function runOutputContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  async function someIntegration(): Promise<string> {
    return (await insertWithManifest(stores)).id;
  }

  async function someRun(): Promise<string> {
    const integrationId = await someIntegration();
    const id = newId();
    const { id: personId } = await insertPerson(stores);
    const integration = await stores.integrations.find(integrationId);
    await stores.runs.insert(
      {
        id,
        version: 1,
        kind: 'execute',
        integrationId,
        personId,
        manifestVersionId: integration?.manifestVersionId ?? '',
        startedBy: { kind: 'system' },
        createdAt: noon,
        attempt: 1,
        state: 'queued',
        dueAt: noon,
      },
      { form: {}, generated: {} },
    );
    return id;
  }

  const aToken = (integrationId: string, about: Partial<OAuthToken> = {}): OAuthToken => ({
    integrationId,
    version: 1,
    generation: 1,
    answer: { access_token: 'at-1', id: 12345678901234567890n },
    state: 'connected',
    refreshedAt: noon,
    ...about,
  });

  describe('OAuth tokens', () => {
    test('a token is read as it was written', async () => {
      const token = aToken(await someIntegration(), {
        state: 'reconnect',
        generation: 3,
        expiresAt: later,
        failure: { at: noon, why: 'It answered with status 400.' },
        leasedUntil: later,
      });
      await stores.oauth.put(token);
      expect(await stores.oauth.find(token.integrationId)).toEqual(token);
      expect(await stores.oauth.find(newId())).toBeUndefined();
    });

    test('a save on an old version is refused, and what is left out of it is gone', async () => {
      const token = aToken(await someIntegration(), { leasedUntil: later, expiresAt: later });
      await stores.oauth.put(token);
      const next = aToken(token.integrationId, { generation: 2, answer: { access_token: 'at-2' } });
      const saved = await stores.oauth.save(next);
      expect(saved).toEqual({ ...next, version: 2 });
      expect(await stores.oauth.find(token.integrationId)).toEqual(saved);
      await expect(stores.oauth.save(token)).rejects.toThrow(StaleWrite);
      expect(await stores.oauth.find(token.integrationId)).toEqual(saved);
    });

    test('of many saves at once on one version, one wins', async () => {
      const token = aToken(await someIntegration());
      await stores.oauth.put(token);
      const saves = Array.from({ length: 20 }, () =>
        stores.oauth.save({ ...token, leasedUntil: later }),
      );
      const won = (await Promise.allSettled(saves)).filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
      expect((await stores.oauth.find(token.integrationId))?.version).toBe(2);
    });

    test('connecting again replaces the token, so that a refresh under way can no longer save', async () => {
      const token = aToken(await someIntegration());
      await stores.oauth.put(token);
      await stores.oauth.put({ ...token, answer: { access_token: 'at-9' } });
      const found = await stores.oauth.find(token.integrationId);
      expect(found?.answer).toEqual({ access_token: 'at-9' });
      await expect(stores.oauth.save(token)).rejects.toThrow(StaleWrite);
    });
  });

  describe('files of runs', () => {
    const aPart = (runId: string, about: Partial<RunFilePart> = {}): RunFilePart => ({
      runId,
      name: 'photos/anné.png',
      index: 0,
      last: false,
      bytes: Uint8Array.from(randomBytes(1000)),
      ...about,
    });

    test('parts are read byte for byte, and the whole has a size and a type', async () => {
      const runId = await someRun();
      const first = aPart(runId);
      const last = aPart(runId, { index: 1, last: true, contentType: 'image/png' });
      await stores.files.putPart(first);
      expect(await stores.files.find(runId, first.name)).toBeUndefined();
      await stores.files.putPart(last);
      expect(await stores.files.find(runId, first.name)).toEqual({
        size: 2000,
        contentType: 'image/png',
      });
      const part = await stores.files.part(runId, first.name, 0);
      expect(Buffer.from(part?.bytes ?? []).equals(Buffer.from(first.bytes))).toBe(true);
      expect(await stores.files.part(runId, first.name, 1)).toMatchObject({ index: 1, last: true });
      expect(await stores.files.part(runId, first.name, 2)).toBeUndefined();
      expect(await stores.files.find(await someRun(), first.name)).toBeUndefined();
    });

    test('a file that is saved again takes the place of the old one', async () => {
      const runId = await someRun();
      await stores.files.putPart(aPart(runId));
      await stores.files.putPart(aPart(runId, { index: 1, last: true, contentType: 'a/b' }));
      const empty = aPart(runId, { last: true, bytes: new Uint8Array() });
      await stores.files.putPart(empty);
      expect(await stores.files.find(runId, empty.name)).toEqual({ size: 0 });
      expect(await stores.files.part(runId, empty.name, 1)).toBeUndefined();
    });
  });

  describe('deliveries', () => {
    const email: Delivery['outgoing'] = {
      notification: {
        type: 'email',
        to: 'ann@example.com',
        subject: 'Hi',
        message: 'Your password is é',
      },
      secret: true,
      shownTo: 'ann@example.com',
    };
    const text: Delivery['outgoing'] = {
      notification: { type: 'text', to: '+32 123', message: 'Hello' },
      secret: false,
      shownTo: '•••PHONE•••',
    };
    const facts = (runId: string, position: number) => ({
      id: newId(),
      version: 1,
      runId,
      position,
      createdAt: noon,
      attempts: 2,
      body: 'kept' as const,
    });
    const waiting = (runId: string, position = 0, dueAt = noon): DeliveryIn<'waiting'> => ({
      ...facts(runId, position),
      outgoing: email,
      state: 'waiting',
      dueAt,
    });
    const sending = (runId: string, workerId: string): DeliveryIn<'sending'> => ({
      ...facts(runId, 1),
      outgoing: text,
      recipientId: 'p-1',
      state: 'sending',
      workerId,
      leasedUntil: later,
      via: 'chat',
    });
    const insertAll = async (...deliveries: readonly Delivery[]) => {
      for (const each of deliveries) await stores.deliveries.insert(each);
    };

    test('the deliveries of a run are read as they were written, in their order', async () => {
      const runId = await someRun();
      const all: readonly Delivery[] = [
        { ...waiting(runId), why: 'The mail server could not be reached.' },
        sending(runId, 'w1'),
        { ...facts(runId, 2), outgoing: text, state: 'sent', finishedAt: later, via: 'link' },
        { ...facts(runId, 3), body: 'dropped', state: 'failed', finishedAt: noon, why: 'Nobody.' },
        { ...facts(runId, 4), outgoing: text, state: 'unknown', finishedAt: noon, why: 'Perhaps.' },
        {
          ...facts(runId, 5),
          outgoing: { ...email, hasPlainSubject: true, link: { hash: 'h', token: 't' } },
          body: 'revealed',
          shownAt: later,
          state: 'sent',
          finishedAt: noon,
          via: 'email-link',
        },
        {
          ...facts(runId, 6),
          outgoing: { ...email, link: { hash: 'h' } },
          body: 'stopped',
          state: 'sent',
          finishedAt: noon,
          via: 'email-link',
        },
      ];
      await insertAll(...all.toReversed());
      expect(await stores.deliveries.forRun(runId)).toEqual(all);
      expect(await stores.deliveries.find(all[1]?.id ?? '')).toEqual(all[1]);
      expect(await stores.deliveries.find(newId())).toBeUndefined();
      expect(await stores.deliveries.forRun(await someRun())).toEqual([]);
    });

    test('what could not be sent, and what perhaps was, is listed from a moment on, page by page, the newest first', async () => {
      const runId = await someRun();
      const failed = (position: number, finishedAt: Date): Delivery => ({
        ...facts(runId, position),
        outgoing: email,
        state: 'failed',
        finishedAt,
        why: 'Nobody.',
      });
      const [old, newer] = [failed(0, noon), failed(1, later)];
      const perhaps: Delivery = {
        ...facts(runId, 2),
        outgoing: text,
        state: 'unknown',
        finishedAt: new Date(noon.getTime() + 1),
        why: 'Perhaps.',
      };
      const sent: Delivery = {
        ...facts(runId, 3),
        outgoing: text,
        state: 'sent',
        finishedAt: later,
        via: 'chat',
      };
      const tooOld = failed(5, new Date(noon.getTime() - 1));
      await insertAll(old, newer, perhaps, sent, waiting(runId, 4), tooOld);
      const unsent = (offset: number) => stores.deliveries.unsent(noon, { offset, limit: 2 });
      expect(await unsent(0)).toEqual({
        deliveries: [newer, perhaps],
        total: 3,
      });
      expect(await unsent(2)).toEqual({ deliveries: [old], total: 3 });
      expect(await unsent(4)).toEqual({ deliveries: [], total: 3 });
    });

    test('a save on an old version is refused, and what is left out of it is gone', async () => {
      const runId = await someRun();
      const before = sending(runId, 'w1');
      await insertAll(before);
      const after = { ...waiting(runId, 1), id: before.id };
      const saved = await stores.deliveries.save(after);
      expect(saved.version).toBe(2);
      expect(await stores.deliveries.find(before.id)).toEqual(saved);
      await expect(stores.deliveries.save(before)).rejects.toThrow(StaleWrite);
      expect(await stores.deliveries.find(before.id)).toEqual(saved);
    });

    test('those that a worker is sending, and those that are overdue, are found', async () => {
      const runId = await someRun();
      const [late, lateToo] = [waiting(runId, 0, later), sending(runId, 'w1')];
      const due = waiting(await someRun(), 0, new Date(later.getTime() + 1));
      const ended: Delivery = { ...facts(runId, 2), state: 'failed', finishedAt: noon, why: 'No.' };
      await insertAll(late, lateToo, due, ended);
      expect(await stores.deliveries.leasedBy('w1')).toEqual([lateToo]);
      expect(await stores.deliveries.leasedBy('w2')).toEqual([]);
      const overdue = await stores.deliveries.overdue(new Date(later.getTime() + 1));
      expect(overdue.map(({ id }) => id).toSorted()).toEqual([late.id, lateToo.id].toSorted());
      expect(await stores.deliveries.overdue(later)).toEqual([]);
    });

    test('those that ended long enough ago and still have their body are found', async () => {
      const runId = await someRun();
      const sent: Delivery = {
        ...facts(runId, 0),
        outgoing: email,
        state: 'sent',
        finishedAt: noon,
        via: 'email',
      };
      const revealed: Delivery = { ...sent, id: newId(), position: 1, body: 'revealed' };
      const failed: Delivery = {
        ...facts(runId, 3),
        outgoing: email,
        state: 'failed',
        finishedAt: noon,
        why: 'No.',
      };
      await insertAll(sent, revealed, waiting(runId, 2), failed);
      expect(await stores.deliveries.withBodySince(noon, noon)).toEqual([]);
      const found = await stores.deliveries.withBodySince(later, noon);
      expect(found.toSorted((a, b) => a.position - b.position)).toEqual([sent, failed]);
    });

    test('those that go to a person or tell of their run and have their body are found', async () => {
      const runId = await someRun();
      const personId = (await stores.runs.find(runId))?.personId ?? '';
      const sent = (position: number, run: string): DeliveryIn<'sent'> => ({
        ...facts(run, position),
        outgoing: email,
        state: 'sent',
        finishedAt: noon,
        via: 'email-link',
      });
      const other = await someRun();
      const [ofRun, toThem] = [sent(0, runId), { ...sent(0, other), recipientId: personId }];
      const shown: Delivery = { ...sent(1, runId), body: 'revealed' };
      const unsent = waiting(runId, 2);
      await insertAll(ofRun, toThem, shown, unsent, sent(1, other));
      const found = await stores.deliveries.keptOf(personId);
      expect(found.map(({ id }) => id)).toEqual([ofRun.id, toThem.id, unsent.id].toSorted());
    });

    test('what went out as a link in an email keeps its body for longer', async () => {
      const sent: Delivery = {
        ...facts(await someRun(), 0),
        outgoing: email,
        state: 'sent',
        finishedAt: noon,
        via: 'email-link',
      };
      await insertAll(sent);
      expect(await stores.deliveries.withBodySince(later, noon)).toEqual([]);
      expect(await stores.deliveries.withBodySince(later, later)).toEqual([sent]);
    });
  });

  describe('links', () => {
    const someone = async (): Promise<string> => {
      const runId = await someRun();
      return (await stores.runs.find(runId))?.personId ?? '';
    };
    const aLink = (personId: string): LinkIn<'new'> => ({
      id: newId(),
      version: 1,
      purpose: 'delivery',
      subject: 'd-1',
      personId,
      createdAt: noon,
      expiresAt: later,
      openings: 0,
      state: 'new',
    });

    test('a link is read as it was written, in every state', async () => {
      const link = aLink(await someone());
      const states: readonly Link[] = [
        link,
        { ...link, openings: 1, state: 'opened', browser: 'b', openedAt: noon, code: '0042' },
        { ...link, openings: 1, state: 'confirmed', browser: 'b' },
        { ...link, openings: 1, state: 'used' },
        { ...link, openings: 1, state: 'refused' },
      ];
      for (const each of states) {
        const written = { ...each, id: newId() };
        await stores.links.insert(written);
        expect(await stores.links.find(written.id)).toEqual(written);
      }
      expect(await stores.links.find(newId())).toBeUndefined();
    });

    test('a save on an old version is refused, and what is left out of it is gone', async () => {
      const link = aLink(await someone());
      await stores.links.insert({
        ...link,
        state: 'opened',
        browser: 'b',
        openedAt: noon,
        code: '0042',
      });
      const saved = await stores.links.save({ ...link, state: 'used' });
      expect(saved).toEqual({ ...link, version: 2, state: 'used' });
      expect(await stores.links.find(link.id)).toEqual(saved);
      await expect(stores.links.save(link)).rejects.toThrow(StaleWrite);
      expect(await stores.links.find(link.id)).toEqual(saved);
    });

    test('those that ended before a time are deleted, and no others', async () => {
      const personId = await someone();
      const [old, fresh] = [{ ...aLink(personId), expiresAt: noon }, aLink(personId)];
      for (const link of [old, fresh]) await stores.links.insert(link);
      await stores.links.deleteExpired(later);
      expect(await stores.links.find(old.id)).toBeUndefined();
      expect(await stores.links.find(fresh.id)).toEqual(fresh);
    });
  });
}
