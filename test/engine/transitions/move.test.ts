/** A move: what someone gains, loses and keeps when a field changes, until all of that is proven. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAccess } from '../../../src/engine/access/check-access.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { openHold } from '../../../src/engine/access/holds.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { confirmClaim, keepFacts } from '../../../src/engine/people/fact-claims.ts';
import { addItem } from '../../../src/engine/rules/change-rule.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { endNow, keepLonger } from '../../../src/engine/transitions/decide.ts';
import type { Transition } from '../../../src/engine/transitions/transition.ts';
import { DAY, HOUR, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { isInDepartment, type LabApp, type RuleLab, ruleLab } from '../rules/lab.ts';

let engine: TestEngine;
let lab: RuleLab;
let crm: LabApp;
let desk: LabApp;
let wiki: LabApp;
let bo: Person;
let cy: Person;
let ann: Person;

beforeEach(async () => {
  engine = await testEngine();
  lab = await ruleLab(engine);
  crm = await lab.app('Crm');
  desk = await lab.app('Desk');
  wiki = await lab.app('Wiki');
  bo = await engine.person({ email: 'bo@example.com', firstName: 'Bo' });
  cy = await engine.person({ email: 'cy@example.com', firstName: 'Cy' });
  ann = await engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    department: 'Sales',
    managerEmail: bo.email,
  });
  await lab.rule('Sales', [crm.integration], { conditions: [isInDepartment('Sales')] });
  await lab.rule('Support', [desk.integration], { conditions: [isInDepartment('Support')] });
  await lab.rule('Everyone', [wiki.integration], {
    conditions: [{ field: 'email', comparison: 'contains', not: false, values: ['ann'] }],
  });
});
afterEach(() => lab.close());

const current = async (): Promise<Transition | undefined> =>
  (await engine.stores.transitions.currentOf([ann.id]))[0];

/** The one that is open. */
async function open(): Promise<Transition> {
  return present(await current());
}

const again = async ({ id }: Transition): Promise<Transition | undefined> =>
  engine.stores.transitions.find(id);

/** `Crm loses`, by name. */
async function parts({ id }: Transition): Promise<readonly string[]> {
  const items = await engine.stores.transitions.items(id);
  const named = await Promise.all(
    items.map(async ({ integrationId, part }) => {
      const integration = await engine.stores.integrations.find(integrationId);
      return `${integration?.name} ${part}`;
    }),
  );
  return named.toSorted();
}

const cardsFor = (): readonly string[] =>
  engine.chat.flatMap(({ name, payload }) =>
    name === 'message.post' && 'card' in payload && payload.card.view === 'transition'
      ? payload.personId
      : [],
  );

const moveTo = (department: string): Promise<void> => lab.change(ann, { department });

async function deciding(app: LabApp, transition: Transition) {
  return {
    transitionId: transition.id,
    person: ann,
    integration: app.integration,
    actor: engine.actor,
  };
}
const endCrmNow = async (transition: Transition) => {
  const about = await deciding(crm, transition);
  const ended = await engine.transact((tx) => endNow(tx, about));
  await engine.runJobs();
  return ended.kind;
};
const keepCrm = async (transition: Transition, days: number) => {
  const about = await deciding(crm, transition);
  const kept = await engine.transact((tx) =>
    keepLonger(tx, about, { hours: days * 24, reason: 'Hand-over' }),
  );
  await engine.runJobs();
  return kept.kind;
};

describe('a field changes so that rules give and take', () => {
  test('it opens once, with what is gained and lost', async () => {
    await moveTo('Support');
    const transition = await open();
    expect(transition.fields).toEqual([{ field: 'department', from: 'Sales', to: 'Support' }]);
    expect(await parts(transition)).toEqual(['Crm loses', 'Desk gains']);
    expect([...desk.members]).toEqual(['ann@example.com']);
    expect([...crm.members]).toEqual(['ann@example.com']);
  });

  test('the managers before and after and the admins get one card each', async () => {
    await lab.change(ann, { department: 'Support', managerEmail: cy.email });
    expect([...cardsFor()].toSorted()).toEqual([bo.id, cy.id, engine.admin.id].toSorted());
  });

  test('it is done when the lost app is proven gone, and not before', async () => {
    await moveTo('Support');
    const transition = await open();
    await lab.days(2);
    expect((await again(transition))?.state).toBe('open');
    await lab.days(2);
    await engine.tick(HOUR);
    expect((await again(transition))?.state).toBe('done');
    expect(await parts(transition)).toEqual(['Crm loses', 'Desk gains', 'Wiki keeps']);
    expect((await engine.audited()).filter((each) => each === 'transition.done')).toHaveLength(1);
  });

  test('while an app fails to grant, it stays open', async () => {
    desk.failures.push(400, 400, 400, 400, 400);
    await moveTo('Support');
    const transition = await open();
    await endCrmNow(transition);
    expect(await parts(transition)).toEqual(['Crm loses', 'Desk gains']);
    expect((await again(transition))?.state).toBe('open');
  });

  test('what the app had lost and was granted again counts as there', async () => {
    await moveTo('Support');
    desk.members.clear();
    engine.clock.advance(HOUR);
    await checkAccess(ann.id, desk.integration.id, engine.worker());
    await engine.runJobs();
    expect([...desk.members]).toEqual([ann.email]);
    const transition = await open();
    await lab.days(4);
    expect(await again(transition)).toMatchObject({ state: 'done' });
  });

  test('an app that is deleted meanwhile is waited for no longer', async () => {
    desk.failures.push(500, 500, 500, 500);
    await moveTo('Support');
    const transition = await open();
    await endCrmNow(transition);
    await lab.days(1);
    expect((await again(transition))?.state).toBe('open');
    await engine.transact(async (tx) => {
      const integration = await tx.integrations.find(desk.integration.id);
      if (integration)
        await deleteIntegration(tx, integration, { access: 'keep', actor: engine.actor });
    });
    await lab.days(2);
    expect((await again(transition))?.state).toBe('done');
  });

  test('where no rule gives or takes, nothing opens', async () => {
    await lab.change(ann, { position: 'Lead' });
    expect(await current()).toBeUndefined();
    expect(cardsFor()).toEqual([]);
  });

  test('what another change had ended before is no loss by the move', async () => {
    const off = await engine.stores.rules.findByName('Everyone');
    if (off) await lab.off(off);
    const [ending] = await engine.stores.holds.openAt(ann.id, wiki.integration.id);
    expect(ending?.endsAt).toBeInstanceOf(Date);
    await lab.change(ann, { position: 'Lead' });
    engine.clock.advance(HOUR);
    await lab.change(ann, { position: 'Head' });
    expect(await current()).toBeUndefined();
  });

  test('filling what was empty opens none, so that a first import opens none for everyone', async () => {
    const dee = await engine.person({ email: 'dee@example.com', firstName: 'Dee' });
    await lab.change(dee, { department: 'Support' });
    expect([...desk.members]).toEqual(['dee@example.com']);
    expect(await engine.stores.transitions.currentOf([dee.id])).toEqual([]);
  });
});

describe('while it is open', () => {
  test('a change back keeps what would be lost, and sends the app nothing', async () => {
    await moveTo('Support');
    const transition = await open();
    const sent = [...crm.sent];
    await moveTo('Sales');
    expect((await open()).fields).toEqual([]);
    expect(await parts(transition)).toEqual(['Crm keeps', 'Desk loses']);
    await lab.days(5);
    await engine.tick(HOUR);
    expect(crm.sent).toEqual(sent);
    expect([...desk.members]).toEqual([]);
    expect((await again(transition))?.state).toBe('done');
  });

  test('another change joins it, and only a new manager gets another card', async () => {
    await lab.change(ann, { department: 'Support', managerEmail: cy.email });
    const before = cardsFor().length;
    const dee = await engine.person({ email: 'dee@example.com', firstName: 'Dee' });
    await lab.change(ann, { department: 'Finance', managerEmail: dee.email });
    const transition = await open();
    expect(transition.fields).toEqual([
      { field: 'department', from: 'Sales', to: 'Finance' },
      { field: 'manager', from: bo.id, to: dee.id },
    ]);
    expect(transition.formerManagerIds).toEqual([bo.id, cy.id]);
    expect(await parts(transition)).toEqual(['Crm loses', 'Desk loses']);
    expect(cardsFor().slice(before)).toEqual([dee.id]);
  });

  test('who leaves has an offboarding, which replaces it', async () => {
    await moveTo('Support');
    const transition = await open();
    await engine.transact(async (tx) => {
      const person = await tx.people.hold(ann.id);
      if (person) await deactivate(tx, person, { actor: engine.actor });
    });
    await engine.runJobs();
    expect((await again(transition))?.state).toBe('replaced');
  });

  test('evaluating again writes nothing', async () => {
    await moveTo('Support');
    const transition = await open();
    await lab.change(ann, { phone: '+4930123456' });
    expect((await again(transition))?.version).toBe(transition.version);
  });
});

describe('End now', () => {
  test('leaves a task that someone else waits for, too', async () => {
    const { actor } = engine;
    const assignee = { kind: 'manager' } as const;
    const added = await engine.transact((tx) =>
      addManual(tx, { name: 'Badge', assignee }, { actor }),
    );
    if (!added.ok) throw new Error('It was not added');
    const { integration } = added;
    await lab.rule('Door', [integration], { conditions: [isInDepartment('Sales')] });
    await engine.transact((tx) => grantByHand(tx, { actor, person: ann, integration }));
    await moveTo('Support');
    const about = { transitionId: (await open()).id, person: ann, integration, actor };
    expect(await engine.transact((tx) => endNow(tx, about))).toEqual({ kind: 'ended' });
    expect((await engine.openTasks()).map(({ kind }) => kind)).toEqual(['grant']);
    expect(await engine.stores.holds.openAt(ann.id, integration.id)).toEqual([]);
  });

  test('removes what only the rule still held, and the move is done', async () => {
    await moveTo('Support');
    const transition = await open();
    expect(await endCrmNow(transition)).toBe('ended');
    expect([...crm.members]).toEqual([]);
    expect((await again(transition))?.state).toBe('done');
    expect(crm.sent).toEqual(['PUT ann@example.com', 'DELETE ann@example.com']);
  });

  test('makes no exception: back in time, they get it again', async () => {
    await moveTo('Support');
    await endCrmNow(await open());
    await moveTo('Sales');
    expect([...crm.members]).toEqual(['ann@example.com']);
  });

  test('pressed twice, or when they are back, it changes nothing', async () => {
    await moveTo('Support');
    const transition = await open();
    await endCrmNow(transition);
    expect(await endCrmNow(transition)).toBe('over');
    await moveTo('Sales');
    const second = await open();
    expect(await endCrmNow(second)).toBe('over');
    expect([...crm.members]).toEqual(['ann@example.com']);
  });

  test('of what still waits to be granted, beside another reason, is granted nothing later', async () => {
    const url = `${engine.party.url}/members/{{NICK}}`;
    const board = await engine.integration({
      extra_user_info: [{ id: 'NICK', name: 'Nickname' }],
      execute: [{ method: 'PUT', url }],
      revoke: [{ method: 'DELETE', url }],
    });
    engine.party.on('PUT /members/a', { json: {} });
    const claimed = (nick: string) => ({
      personId: ann.id,
      facts: { NICK: nick },
      actor: { kind: 'person', personId: bo.id, via: 'slack' } as const,
    });
    await engine.transact((tx) => keepFacts(tx, claimed('a')));
    await lab.rule('Boards', [board], { conditions: [isInDepartment('Sales')] });
    await engine.transact((tx) =>
      openHold(
        tx,
        { person: ann, integration: board, actor: engine.actor, source: 'found', hours: 24 * 60 },
        {},
      ),
    );
    await moveTo('Support');
    const transition = await open();
    const about = { transitionId: transition.id, person: ann, integration: board };
    await engine.transact((tx) => endNow(tx, { ...about, actor: engine.actor }));
    const [claim] = await engine.stores.factClaims.of(ann.id);
    const ref = { personId: ann.id, name: 'NICK', at: claim?.at.getTime() ?? 0 };
    const by = { person: engine.admin, actor: engine.actor };
    await engine.transact((tx) => confirmClaim(tx, ref, by));
    await engine.runJobs();
    expect(engine.party.sent('PUT')).toBe(0);
    const holds = await engine.stores.holds.openAt(ann.id, board.id);
    expect(holds.map(({ source }) => source)).toEqual(['found']);
  });

  test('of two rules, one of whose grants waits behind the retry of the other, grants neither later', async () => {
    const board = await lab.app('Board');
    board.failures.push(500);
    const isInSales = { conditions: [isInDepartment('Sales')] };
    await lab.rule('Boards', [board.integration], isInSales);
    const team = await lab.rule('Team boards', [wiki.integration], isInSales);
    const item = { integrationId: board.integration.id, form: { team: 'web' }, answers: [] };
    await engine.transact((tx) => addItem(tx, team.id, { actor: engine.actor, item }));
    await lab.on(team);
    const found = { person: ann, integration: board.integration, actor: engine.actor };
    await engine.transact((tx) => openHold(tx, { ...found, source: 'found', hours: 24 * 60 }, {}));
    await moveTo('Support');
    const about = await deciding(board, await open());
    expect(await engine.transact((tx) => endNow(tx, about))).toEqual({ kind: 'ended' });
    await engine.tick(2 * HOUR);
    expect(board.sent).toEqual(['PUT ann@example.com']);
    const holds = await engine.stores.holds.openAt(ann.id, board.integration.id);
    expect(holds.map(({ source }) => source)).toEqual(['found']);
  });

  test('is not needed where another hold keeps the access', async () => {
    await engine.granted(ann, crm.integration);
    await moveTo('Support');
    expect(await current()).toBeUndefined(); // Nothing is lost, and Desk was there at once.
    await lab.days(20);
    expect([...crm.members]).toEqual(['ann@example.com']);
    expect(crm.sent).toEqual(['PUT ann@example.com', 'PUT ann@example.com']);
  });
});

describe('Keep longer', () => {
  test('keeps it until that end, and then it is removed', async () => {
    await moveTo('Support');
    const transition = await open();
    expect(await keepCrm(transition, 30)).toBe('kept');
    await lab.days(29);
    expect([...crm.members]).toEqual(['ann@example.com']);
    expect((await again(transition))?.state).toBe('open');
    await lab.days(2);
    await engine.tick(HOUR);
    expect([...crm.members]).toEqual([]);
    expect((await again(transition))?.state).toBe('done');
  });

  test('fewer days than it stays anyway are refused', async () => {
    await moveTo('Support');
    expect(await keepCrm(await open(), 2)).toBe('shorter');
  });

  test('again moves the same end, and End now ends that, too', async () => {
    await moveTo('Support');
    const transition = await open();
    await keepCrm(transition, 30);
    await keepCrm(transition, 60);
    const holds = await engine.stores.holds.openAt(ann.id, crm.integration.id);
    expect(holds.map(({ source }) => source)).toEqual(['rule', 'kept']);
    expect(holds[1]?.endsAt?.getTime()).toBe(engine.now().getTime() + 60 * DAY);
    expect(await endCrmNow(transition)).toBe('ended');
    expect([...crm.members]).toEqual([]);
  });

  test('after the removal has begun it is refused', async () => {
    await moveTo('Support');
    const transition = await open();
    await endCrmNow(transition);
    expect(await keepCrm(transition, 30)).toBe('over');
  });

  test('while a grant waits for the removal to end it is refused, since nothing is there to keep', async () => {
    await moveTo('Support');
    const transition = await open();
    const about = await deciding(crm, transition);
    await engine.transact((tx) => endNow(tx, about));
    await engine.transact((tx) =>
      startGrant(tx, {
        ...about,
        actor: engine.actor,
        source: 'by-hand',
        hours: 24,
        form: {},
        answers: [],
      }),
    );
    const kept = await engine.transact((tx) => keepLonger(tx, about, { hours: 48, reason: 'x' }));
    expect(kept.kind).toBe('over');
    const holds = await engine.stores.holds.openAt(ann.id, crm.integration.id);
    expect(holds.map(({ source }) => source)).toEqual(['by-hand']);
  });
});
