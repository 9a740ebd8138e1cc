/** Who owns the names under which integrations store values with people: what every database must do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');

export function storedNamesContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  beforeEach(async () => {
    driver = await open(() => noon);
  });
  afterEach(() => driver.cleanup());

  const anIntegration = async (name: string): Promise<string> =>
    (await insertIntegration(driver.stores, { name })).id;
  const claim = (id: string, ...names: string[]) =>
    driver.transact(async (tx) => {
      await tx.storedNames.lock();
      await tx.storedNames.claim(id, names, noon);
    });
  const owners = async () =>
    Object.fromEntries(
      (await driver.stores.storedNames.list()).map((each) => [each.name, each.integrationId]),
    );

  describe('a name', () => {
    test('has an owner from when it was claimed on, and none before', async () => {
      const zoom = await anIntegration('Zoom');
      expect(await owners()).toEqual({});
      await claim(zoom, 'ZOOM_ID', 'toString');
      expect(await owners()).toEqual({
        ZOOM_ID: zoom,
        toString: zoom,
      });
    });

    test('knows since when: claimed again by its owner, it is as before', async () => {
      const [zoom, other] = [await anIntegration('Zoom'), await anIntegration('Other')];
      const later = new Date(noon.getTime() + 60_000);
      const since = async () => (await driver.stores.storedNames.list())[0]?.since;
      await claim(zoom, 'ZOOM_ID');
      await driver.transact((tx) => tx.storedNames.claim(zoom, ['ZOOM_ID'], later));
      expect(await since()).toEqual(noon);
      await driver.transact((tx) => tx.storedNames.claim(other, ['ZOOM_ID'], later));
      expect(await since()).toEqual(later);
    });

    test('has one owner: the last that claimed it', async () => {
      const [zoom, other] = [await anIntegration('Zoom'), await anIntegration('Other')];
      await claim(zoom, 'ZOOM_ID', 'HOST_ID');
      await claim(other, 'ZOOM_ID');
      await claim(other, 'ZOOM_ID');
      expect(await owners()).toEqual({ ZOOM_ID: other, HOST_ID: zoom });
    });

    test('is nobody’s when it was released', async () => {
      const zoom = await anIntegration('Zoom');
      await claim(zoom, 'ZOOM_ID', 'HOST_ID');
      await driver.transact((tx) => tx.storedNames.release(['ZOOM_ID', 'NO_ID']));
      expect(await owners()).toEqual({ HOST_ID: zoom });
    });
  });

  test('of two integrations that are saved at once one gets a name, also where a dot is all that tells the names apart', async () => {
    const add = (name: string, stored: string) =>
      driver.transact((tx) =>
        addIntegration(
          tx,
          {
            name,
            manifest: JSON.stringify({
              execute: [{ url: 'https://users.example.com/', store_data: { [stored]: 'id' } }],
            }),
            secrets: {},
          },
          { actor: { kind: 'system' } },
        ),
      );
    const added = await Promise.all([add('Zoom', 'zoom.id'), add('Evil', 'zoom')]);
    expect(added.filter(({ ok }) => ok)).toHaveLength(1);
    expect(Object.keys(await owners())).toHaveLength(1);
  });
}
