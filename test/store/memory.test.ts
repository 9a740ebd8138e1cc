import { expect, onTestFinished, test } from 'vitest';
import type { Person } from '../../src/engine/people/directory.ts';
import { openMemory } from '../../src/store/memory.ts';

const ann: Person = {
  id: 'p1',
  version: 1,
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: 'Lee',
  role: 'other',
  active: true,
  stored: {},
};

async function opened() {
  const memory = await openMemory(() => new Date('2026-11-25T09:00:00Z'));
  onTestFinished(memory.close);
  return memory;
}

test('two at a time know nothing of each other', async () => {
  const [one, other] = [await opened(), await opened()];
  await one.stores.people.insert(ann);
  expect(await one.stores.people.find(ann.id)).toEqual(ann);
  expect(await other.stores.people.find(ann.id)).toBeUndefined();
});

test('each has the constraints of a database that was migrated', async () => {
  for (const { stores } of [await opened(), await opened()]) {
    await stores.people.insert(ann);
    expect(await stores.people.insert({ ...ann, id: 'p2' })).toBe('taken');
    const strange = { ...ann, id: 'p3', email: 'bo@example.com', managerId: 'p0' };
    await expect(stores.people.insert(strange)).rejects.toThrow('FOREIGN KEY');
  }
});
