/** A grant by hand that begins later than its click: only what who granted it may still grant, they or another who did. */
import { beforeEach, describe, expect, test } from 'vitest';
import { cancelledGrant } from '../../../../src/bots/features/access/cancelled-grant.ts';
import { runCard } from '../../../../src/bots/features/runs/run-card.ts';
import { type Granting, startGrant } from '../../../../src/engine/access/grant.ts';
import type { Actor, Integration, Person } from '../../../../src/engine/people/directory.ts';
import { textOf } from '../../../support/chat.ts';
import { HOUR, inState, startedRun, type TestEngine, testEngine } from '../../../support/engine.ts';
import { present } from '../../../support/given/outcomes.ts';

let engine: TestEngine;
let ann: Person;
let bo: Person;
let github: Integration;

const manifest = (isMarked: boolean) => ({
  form: [
    {
      id: 'ROLE',
      name: 'Role',
      type: 'choice',
      items: [
        { id: 'member', name: 'Member' },
        { id: 'admin', name: 'Owner', ...(isMarked && { needs_approval: true }) },
      ],
    },
  ],
  execute: [{ url: `${engine.party.url}/roles/{{ROLE}}` }],
});

beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /roles/member', { status: 500 }, { json: {} });
  engine.party.on('POST /roles/admin', { status: 500 }, { json: {} });
  bo = await engine.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Berg' });
  ann = await engine.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  await engine.change(ann, { managerId: bo.id });
  github = await engine.integration(manifest(false), {}, 'GitHub');
});

const as = ({ id }: Person): Actor => ({ kind: 'person', personId: id, via: 'slack' });
const granted = async (role: string, by: Person | Actor, more: Partial<Granting> = {}) => {
  const actor = 'kind' in by ? by : as(by);
  const wish = { person: ann, integration: github, actor, form: { ROLE: role }, ...more };
  return startedRun(await engine.transact((tx) => startGrant(tx, wish))).id;
};
/** Bo granted Owner behind a grant of Member that has failed once and waits for its retry. */
async function waiting(by: Person | Actor = bo, more: Partial<Granting> = {}): Promise<string> {
  await granted('member', engine.admin);
  await engine.runJobs();
  const id = await granted('admin', by, more);
  inState(await engine.run(id), 'deferred');
  return id;
}
/** Bo granted that role, and it has failed once. */
async function retrying(role: string): Promise<string> {
  const id = await granted(role, bo);
  await engine.runJobs();
  inState(await engine.run(id), 'retrying');
  return id;
}
const mark = () => engine.newManifest(github, manifest(true));
const moveToAda = () => engine.change(ann, { managerId: engine.admin.id });
const shownTo = async (reader: Person, runId: string) => {
  const posted = engine.chat.filter(({ name }) => name === 'message.post');
  const refs = posted.map(({ payload }) => payload as { personId: string; card: { view: string } });
  const [shown] = refs.filter(({ personId }) => personId === reader.id).map((each) => each.card);
  const view = present([runCard, cancelledGrant].find(({ id }) => id === shown?.view));
  const person = present(await engine.stores.people.find(reader.id));
  const context = { reader: person, stores: engine.stores, now: engine.now };
  return textOf(
    await view.render(JSON.stringify({ runId }), {
      ...context,
      timeZone: 'UTC',
      scheduleZone: 'UTC',
    }),
  );
};
const sent = () => engine.party.requests.map(({ url }) => url);
const MARKED =
  'It now needs approval: Owner. Grant it again; that creates a request for someone else to approve.';

describe('a grant that waited', () => {
  test('is cancelled where it needs approval by now, and who granted it reads why', async () => {
    const id = await waiting();
    await mark();
    await engine.later(HOUR);
    expect(inState(await engine.run(id), 'cancelled').why).toBe(MARKED);
    expect(sent()).toEqual(['/roles/member', '/roles/member']);
    expect(await shownTo(bo, id)).toContain(MARKED);
    const open = await engine.stores.holds.openAt(ann.id, github.id);
    expect(open.map(({ runId }) => runId)).not.toContain(id);
  });

  test('is cancelled where who granted it is no longer the manager, and they read that and no more', async () => {
    const id = await waiting();
    await moveToAda();
    await engine.later(HOUR);
    const why =
      "Bo Berg can no longer grant GitHub to Ann Lee. If it's still needed, ask a Latchkey admin to grant it.";
    expect(inState(await engine.run(id), 'cancelled').why).toBe(why);
    expect(await shownTo(bo, id)).toBe(`GitHub for Ann Lee was cancelled\n${why}`);
  });

  test('starts where an admin granted it, or the same once more', async () => {
    const id = await waiting();
    expect(await granted('admin', engine.admin)).toBe(id);
    await mark();
    await engine.later(HOUR);
    await engine.later(HOUR);
    expect((await engine.run(id)).state).toBe('succeeded');
  });

  test('starts where it was requested or planned', async () => {
    const id = await waiting(bo, { source: 'sequence' });
    await mark();
    await moveToAda();
    await engine.later(HOUR);
    await engine.later(HOUR);
    expect((await engine.run(id)).state).toBe('succeeded');
  });
});

describe('a retry', () => {
  test('of what needs approval by now is cancelled, and says that what was done stays', async () => {
    const id = await retrying('admin');
    await mark();
    await engine.later(HOUR);
    expect(inState(await engine.run(id), 'cancelled').why).toBe(MARKED);
    expect(sent()).toEqual(['/roles/admin']);
    expect(await shownTo(bo, id)).toContain(`${MARKED} What it did before stays`);
  });

  test('goes on where nothing has changed', async () => {
    const id = await retrying('member');
    await mark();
    await engine.later(HOUR);
    expect((await engine.run(id)).state).toBe('succeeded');
  });
});
