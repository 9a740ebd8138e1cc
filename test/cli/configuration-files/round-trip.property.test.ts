/** Whatever files say: applied once they are what there is, and applied elsewhere they give the same export. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Installation, installation, manifest, type Texts } from './fixture.ts';

const apps = ['Figma', 'Órbita / Sales', 'figma 2', '日本'] as const;
const emails = ['ann@example.com', 'bo@example.com'] as const;
const someEmails = fc.uniqueArray(fc.constantFrom(...emails), { minLength: 1 });
const app = fc.constantFrom(...apps);
const form = fc.constantFrom({}, { team: 'd' }, { team: 'z' });
const time = fc.constantFrom('09:00', '23:59');
/** A value, or nothing: then the key is left out. */
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const stage = fc.record({
  approvers: fc.tuple(
    fc.oneof(
      fc.constantFrom({ kind: 'manager' }, { kind: 'owners' }, { kind: 'admins' }),
      someEmails.map((people) => ({ kind: 'people', people })),
    ),
  ),
  approvals: fc.integer({ min: 1, max: 2 }),
  differentPerson: fc.boolean(),
});
const policy = fc.record({
  requesters: maybe(
    fc.constantFrom({ kind: 'nobody' }, { kind: 'departments', departments: ['X'] }),
  ),
  approvers: maybe(fc.constantFrom({ kind: 'automatic' }, { kind: 'admins' })),
  longestHours: maybe(fc.constantFrom(null, 1, 720)),
  route: maybe(
    fc.record({
      cases: fc.array(
        fc.record({
          when: app.map((integration) => [{ kind: 'check', integration }]),
          stages: fc.array(stage, { maxLength: 1 }),
        }),
        { maxLength: 2 },
      ),
      stages: fc.array(stage, { maxLength: 2 }),
    }),
  ),
});
const integration = fc.record({
  icon: maybe(fc.constantFrom('🎨', '🪪')),
  turnedOn: maybe(fc.boolean()),
  owners: maybe(someEmails),
  policy: maybe(policy),
  asksForCodes: maybe(fc.boolean()),
});
const bundle = fc.record({
  description: maybe(fc.constantFrom('', ' What all need ')),
  tags: maybe(fc.constantFrom(['a', 'b  c'], ['a', 'a'])),
  apps: fc.uniqueArray(
    fc.record({ integration: app, form, hours: maybe(fc.integer({ min: 1, max: 99 })) }),
    {
      selector: ({ integration: name }) => name,
      minLength: 1,
    },
  ),
});
const rule = fc.record({
  turnedOn: maybe(fc.boolean()),
  matching: maybe(fc.constantFrom('all', 'any')),
  conditions: fc.array(
    fc.record({
      field: fc.constantFrom('department', 'position'),
      comparison: fc.constant('is'),
      not: maybe(fc.boolean()),
      values: fc.constant(['Design']),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  overlapDays: maybe(fc.integer({ min: 0, max: 30 })),
  grants: fc.uniqueArray(
    fc.oneof(fc.record({ integration: app, form }), fc.constant({ bundle: 'Basics' })),
    { selector: (grant) => JSON.stringify(grant), minLength: 1, maxLength: 3 },
  ),
});
const item = fc.record({
  when: fc.oneof(
    fc.constant({ kind: 'at-once' }),
    time.map((at) => ({ kind: 'on', time: at })),
    time.map((at) => ({ kind: 'after', workingDays: 2, time: at })),
  ),
  does: fc.oneof(
    fc.record({ kind: fc.constant('grant'), integration: app, form }),
    app.map((name) => ({ kind: 'revoke', integration: name })),
    fc.constantFrom(...emails).map((person) => ({
      kind: 'task',
      title: 'Laptop',
      assignee: { kind: 'person', person },
      dueInDays: 1,
    })),
    fc.constant({ kind: 'message', channel: 'direct', to: '{{email}}', text: 'Hello' }),
  ),
});
const sequence = fc.record({
  turnedOn: maybe(fc.boolean()),
  forEveryHire: maybe(fc.boolean()),
  startsOn: fc.uniqueArray(
    fc.oneof(
      fc.constant({ kind: 'person-created' }),
      app.map((name) => ({ kind: 'access-granted', integration: name })),
      fc.constant({ kind: 'field-changed', field: 'position', to: 'Lead' }),
    ),
    { selector: (each) => JSON.stringify(each), maxLength: 2 },
  ),
  items: fc.array(item, { maxLength: 4 }),
});
const settings = fc.record({
  dateLanguage: maybe(fc.constantFrom('de', 'en-US')),
  weekend: maybe(fc.constantFrom([], [5, 6])),
  sameDomains: maybe(fc.constant(['a.example', 'b.example'])),
});

/** The same names each time, so that a second configuration changes the first one. */
const configuration: fc.Arbitrary<Texts> = fc
  .record({
    integrations: fc.tuple(...apps.map(() => integration)),
    bundle,
    rule,
    sequence,
    settings,
  })
  .map((said) => ({
    'latchkey.json': { format: 1 },
    'settings.json': said.settings,
    ...Object.fromEntries(
      said.integrations.flatMap((each, at): [string, unknown][] => [
        [`integrations/i${at}.json`, { name: apps[at], ...each }],
        [`integrations/i${at}.manifest.json`, manifest()],
      ]),
    ),
    'bundles/basics.json': { name: 'Basics', ...said.bundle },
    'rules/all.json': { name: 'All', ...said.rule },
    'sequences/start.json': { name: 'Start', anchor: 'assignment', ...said.sequence },
  }));

async function withPeople(): Promise<Installation> {
  const latchkey = await installation();
  for (const email of emails) await latchkey.engine.person({ email, department: 'Design' });
  return latchkey;
}

test('any configuration, applied over any other one, is then what there is, here and elsewhere', async () => {
  const latchkey = await withPeople();
  await fc.assert(
    fc.asyncProperty(configuration, async (files) => {
      await latchkey.write(files);
      const applied = await latchkey.apply({ yes: true });
      expect(applied).toMatchObject({ code: 0 });
      expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
      await latchkey.export();
      expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
    }),
    { numRuns: 15, seed: 22 },
  );
  const other = await withPeople();
  const exported = await latchkey.files();
  await other.write(exported);
  expect((await other.apply({ yes: true })).code).toBe(0);
  await other.export();
  expect(await other.files()).toEqual(exported);
});
