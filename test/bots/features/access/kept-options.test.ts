/** Keeping what needs approval, of someone who is back: as much a grant as any, and not a manager's alone. */
import { beforeEach, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import {
  keepAllPaused,
  keepPausedAccess,
  pausedRemovals,
} from '../../../../src/bots/features/access/paused-removals.ts';
import { removalCard } from '../../../../src/bots/features/access/removal-card.ts';
import {
  deactivatePerson,
  reactivatePerson,
} from '../../../../src/bots/features/people/leave-person.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { Removal } from '../../../../src/engine/access/removals/removal.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { workOnRemovals } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';

const manifest = {
  form: [
    {
      id: 'ROLE',
      name: 'Role',
      type: 'choice',
      items: [
        { id: 'member', name: 'Member' },
        { id: 'admin', name: 'Owner', needs_approval: true },
      ],
    },
  ],
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}' } }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('GitHub', manifest);
});

const as = ({ email }: Person) => new Clicker(chat, email);
const grant = () => grantAccess.with({ personId: ann.id, integrationId });
const list = (reader: Person) =>
  as(reader).sees(pausedRemovals.with({ personId: ann.id, page: 0 }));
const keep = async () => keepPausedAccess.with({ removalId: (await removal()).id });
async function removal(): Promise<Removal> {
  return present(await chat.services.stores.removals.latest(ann.id, integrationId));
}

/** Ann had that role, has left, and is back. */
async function isBack(role: 'admin' | 'member'): Promise<void> {
  await as(admin).gets(grant(), { 'form.ROLE': role });
  const at = chat.services.now();
  const access = { personId: ann.id, integrationId, reason: '', since: at, checkedAt: at };
  await chat.services.stores.access.put({ ...access, state: 'has' });
  await as(admin).sends(deactivatePerson.with({ personId: ann.id }));
  await as(admin).sends(reactivatePerson.with({ personId: ann.id }));
  await workOnRemovals(chat);
}

test('a manager can not keep it: the list and the card say who can, and a press is refused', async () => {
  await isBack('admin');
  const shown = textOf(await list(boss));
  expect(shown).toContain('GitHub · needs approval (Owner), so only Latchkey admins can keep it');
  expect(shown).not.toContain('[Keep]');
  const card = textOf(await as(boss).sees(removalCard.with({ removalId: (await removal()).id })));
  expect(card).toContain('GitHub: needs approval (Owner), so only Latchkey admins can keep it.');
  expect(card).not.toContain('[Keep]');
  const reply = textOf(await as(boss).presses(await keep()));
  expect(reply).toContain("Ann Lee's access to GitHub needs approval (Owner)");
  const all = keepAllPaused.with({ personId: ann.id });
  expect(textOf(await as(boss).presses(all))).toContain("You can't keep this");
  expect((await removal()).state).toBe('waiting');
  expect(await chat.services.stores.holds.openAt(ann.id, integrationId)).toEqual([]);
});

test('a manager keeps every other option, as before', async () => {
  await isBack('member');
  expect(textOf(await list(boss))).toContain('[Keep]');
  await as(boss).press(await keep());
  expect((await removal()).state).toBe('withdrawn');
});

test('an admin keeps it', async () => {
  await isBack('admin');
  expect(textOf(await list(admin))).toContain('[Keep]');
  await as(admin).press(await keep());
  expect((await removal()).state).toBe('withdrawn');
});

test('it is kept by no grant of anything else either, since that ends the removal of all', async () => {
  await isBack('admin');
  const card = textOf(await as(boss).gets(grant(), { 'form.ROLE': 'member' }));
  expect(card).toContain(
    'GitHub is being removed from Ann Lee, and granting it now would keep all',
  );
  expect((await removal()).state).toBe('waiting');
});

test('nor by a request for anything else that is approved automatically', async () => {
  await isBack('admin');
  const before = (await chat.services.stores.integrations.find(integrationId)) as Integration;
  const policy = { ...defaultPolicy, approvers: { kind: 'automatic' as const } };
  await chat.services.transact((tx) => tx.integrations.save({ ...before, settings: { policy } }));
  const wish = { 'form.ROLE': 'member', reason: 'I am back' };
  const card = textOf(await as(ann).gets(askForAccess.with({ integrationId }), wish));
  expect(card).toContain('Nothing was requested');
  expect((await removal()).state).toBe('waiting');
});

async function getsPlanned(role: 'admin' | 'member') {
  const { services } = chat;
  const integration = (await services.stores.integrations.find(integrationId)) as Integration;
  const wish = { person: ann, integration, form: { ROLE: role }, reason: 'A sequence' };
  const planned = { ...wish, actor: { kind: 'system' }, source: 'sequence' } as const;
  return services.transact((tx) => startGrant(tx, planned));
}

test('nor by what an admin has planned for everyone, such as a sequence', async () => {
  await isBack('admin');
  expect(await getsPlanned('member')).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('granting it now would keep all of it') as string,
  });
  expect((await removal()).state).toBe('waiting');
});

test('but what an admin has planned with that option is granted over it', async () => {
  await isBack('admin');
  expect(await getsPlanned('admin')).toMatchObject({ kind: 'started' });
  expect((await removal()).state).toBe('withdrawn');
});
