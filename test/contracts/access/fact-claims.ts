/** Facts about people that wait for them, and who has a fact: what every database must do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { FactClaim } from '../../../src/engine/people/fact-claim.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { insertPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const HOUR_MS = 60 * 60_000;
const hoursLater = (hours: number) => new Date(noon.getTime() + hours * HOUR_MS);

export function factClaimsContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const aClaim = (personId: string, about: Partial<FactClaim> = {}): FactClaim => ({
    personId,
    name: 'GITHUB_USERNAME',
    value: 'octocat',
    at: noon,
    ...about,
  });

  describe('a fact that waits for the person', () => {
    test('is found as it was typed, with who typed it', async () => {
      const [ann, bo] = [await insertPerson(stores), await insertPerson(stores)];
      const typed = aClaim(ann.id, { typedById: bo.id });
      const unknown = aClaim(ann.id, { name: 'A/B', value: 'ü "x"' });
      await stores.factClaims.put(typed);
      await stores.factClaims.put(unknown);
      expect(await stores.factClaims.find(ann.id, 'GITHUB_USERNAME')).toEqual(typed);
      expect(await stores.factClaims.of(ann.id)).toEqual([unknown, typed]);
      expect(await stores.factClaims.find(bo.id, 'GITHUB_USERNAME')).toBeUndefined();
    });

    test('is one for each fact: a later one takes its place', async () => {
      const [ann, bo] = [await insertPerson(stores), await insertPerson(stores)];
      await stores.factClaims.put(aClaim(ann.id, { typedById: bo.id }));
      const later = aClaim(ann.id, { value: 'ann-lee', at: hoursLater(1) });
      await stores.factClaims.put(later);
      expect(await stores.factClaims.of(ann.id)).toEqual([later]);
    });

    test('is gone when it was answered, alone or with all others of the person', async () => {
      const [ann, bo] = [await insertPerson(stores), await insertPerson(stores)];
      for (const name of ['A', 'B', 'C']) await stores.factClaims.put(aClaim(ann.id, { name }));
      await stores.factClaims.put(aClaim(bo.id));
      await stores.factClaims.delete(ann.id, 'B');
      await stores.factClaims.delete(ann.id, 'never');
      const people = [ann.id, bo.id, newId()];
      expect((await stores.factClaims.namesOf(people)).toSorted(byName)).toEqual([
        { personId: ann.id, name: 'A' },
        { personId: ann.id, name: 'C' },
        { personId: bo.id, name: 'GITHUB_USERNAME' },
      ]);
      expect(await stores.factClaims.deleteOf(ann.id)).toBe(2);
      expect(await stores.factClaims.of(ann.id)).toEqual([]);
      expect(await stores.factClaims.of(bo.id)).toHaveLength(1);
    });

    test('is found when it has waited for too long, the oldest first', async () => {
      const ann = await insertPerson(stores);
      for (const [name, at] of [
        ['A', hoursLater(3)],
        ['B', hoursLater(1)],
        ['C', noon],
      ] as const)
        await stores.factClaims.put(aClaim(ann.id, { name, at }));
      const old = await stores.factClaims.olderThan(hoursLater(2));
      expect(old.map((claim) => claim?.name)).toEqual(['C', 'B']);
    });
  });

  describe('who has a fact', () => {
    test('is found in any case, among those who work here', async () => {
      const ann = await insertPerson(stores, {
        stored: { GITHUB_USERNAME: 'OctoCat ', OTHER: 'x' },
      });
      await insertPerson(stores, { stored: { GITHUB_USERNAME: 'octocat' }, active: false });
      await insertPerson(stores, { stored: { GITLAB_USERNAME: 'octocat' } });
      await insertPerson(stores, { stored: { GITHUB_USERNAME: null } });
      const found = await stores.people.withFact('GITHUB_USERNAME', 'octocat');
      expect(found).toEqual([ann]);
      expect(await stores.people.withFact('GITHUB_USERNAME', 'octo')).toEqual([]);
    });

    test('is found for many values at once, by the values as they were asked for', async () => {
      const ann = await insertPerson(stores, { stored: { GITHUB_USERNAME: 'OctoCat' } });
      const bo = await insertPerson(stores, { stored: { GITHUB_USERNAME: 'bo' } });
      const wanted = ['octocat', 'BO', 'nobody'];
      const found = await driver.transact((tx) => tx.people.withFacts('GITHUB_USERNAME', wanted));
      expect([...found]).toEqual([
        ['octocat', [ann.id]],
        ['BO', [bo.id]],
      ]);
      expect([...(await stores.people.withFacts('GITHUB_USERNAME', []))]).toEqual([]);
    });

    test('is found for tens of thousands of values at once, each of which another one waits for', async () => {
      const bo = await insertPerson(stores, { stored: { GITHUB_USERNAME: 'name-19999' } });
      const wanted = Array.from({ length: 20_000 }, (_, nth) => `name-${nth}`);
      const found = await driver.transact(async (tx) => {
        await tx.people.withFacts('GITHUB_USERNAME', wanted);
        return tx.people.withFacts('GITLAB_USERNAME', wanted);
      });
      expect([...found]).toEqual([]);
      const [last] = await stores.people.withFacts('GITHUB_USERNAME', wanted);
      expect(last).toEqual(['name-19999', [bo.id]]);
    });

    test('is found although someone has a value with a NUL, which PostgreSQL makes no text of', async () => {
      const evil = await insertPerson(stores, { stored: { GITHUB_USERNAME: 'oct\0cat' } });
      const ann = await insertPerson(stores, { stored: { GITHUB_USERNAME: 'ann "the" lee' } });
      expect(await stores.people.withFact('GITHUB_USERNAME', 'ann "the" lee')).toEqual([ann]);
      const dropped = await driver.transact((tx) =>
        tx.people.dropLeftovers([{ name: 'GITHUB_USERNAME', writer: 'x', isLikelyWriter: true }]),
      );
      expect(dropped).toBe(2);
      expect((await stores.people.find(evil.id))?.stored).toEqual({});
    });

    test('is found whatever the fact is called, and where an import brought a number', async () => {
      const ann = await insertPerson(stores, { stored: { 'a "b".c': 4711 } });
      expect(await stores.people.withFact('a "b".c', '4711')).toEqual([ann]);
    });
  });
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;
