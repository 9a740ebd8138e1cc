import { expect, test } from 'vitest';
import { everything, installation, manifest } from './fixture.ts';

async function withPeople() {
  const latchkey = await installation();
  await latchkey.engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    department: 'Design',
  });
  await latchkey.engine.person({ email: 'bo@example.com', firstName: 'Bo' });
  return latchkey;
}

test('an empty Latchkey gets everything that files say, and a second apply finds nothing to change', async () => {
  const latchkey = await withPeople();
  await latchkey.write(everything);
  const first = await latchkey.apply({ yes: true });
  expect(first.err).not.toContain('Error');
  expect(first.code).toBe(0);
  expect(first.out).toContain('5 to create, 1 to change, 0 unchanged.');
  expect(await latchkey.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
});

test('what was exported is applied to another Latchkey, whose export is the same', async () => {
  const [one, other] = [await withPeople(), await withPeople()];
  await one.write(everything);
  await one.apply({ yes: true });
  await one.export();
  const exported = await one.files();
  expect(await one.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
  await other.write(exported);
  const applied = await other.apply({ yes: true });
  expect(applied.code).toBe(0);
  await other.export();
  expect(await other.files()).toEqual(exported);
  expect(exported['integrations/figma.manifest.json']).toBe(manifest());
});
