/** Who owns the names under which integrations store values with people: what every database must do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Clock } from '../../src/engine/ports/time-and-chance.ts';
import type { StoresDriver } from './stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');

export function storedNamesContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  beforeEach(async () => {
    driver = await open(() => noon);
  });
  afterEach(() => driver.cleanup());

  async function anIntegration(name: string): Promise<string> {
    const id = newId();
    await driver.stores.integrations.insert({
      id,
      version: 1,
      name,
      enabled: true,
      createdAt: noon,
    });
    return id;
  }
  const claim = (id: string, ...names: string[]) =>
    driver.transact(async (tx) => {
      await tx.storedNames.lock();
      await tx.storedNames.claim(id, names, noon);
    });
  const owners = async (...names: string[]) =>
    Object.fromEntries(
      (await driver.stores.storedNames.of(names)).map((each) => [each.name, each.integrationId]),
    );

  describe('a name', () => {
    test('has an owner from when it was claimed on, and none before', async () => {
      const zoom = await anIntegration('Zoom');
      expect(await owners('ZOOM_ID')).toEqual({});
      await claim(zoom, 'ZOOM_ID', 'toString');
      expect(await owners('ZOOM_ID', 'toString', 'zoom_id')).toEqual({
        ZOOM_ID: zoom,
        toString: zoom,
      });
    });

    test('has one owner: the last that claimed it', async () => {
      const [zoom, other] = [await anIntegration('Zoom'), await anIntegration('Other')];
      await claim(zoom, 'ZOOM_ID', 'HOST_ID');
      await claim(other, 'ZOOM_ID');
      await claim(other, 'ZOOM_ID');
      expect(await owners('ZOOM_ID', 'HOST_ID')).toEqual({ ZOOM_ID: other, HOST_ID: zoom });
    });
  });
}
