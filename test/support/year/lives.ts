/**
 * Random lives of one person among a few apps, where the domains meet: rules, requests, bundles, grants for some hours, sequences,
 * moves, reviews, exceptions, break-glass, what is given back, offboarding half way, rehires, apps that are turned off, deleted, added
 * again or lack a secret, what HR says late or differently, outages, a clock that is ahead or behind for a while, two clicks at once, and a click in the moment in which
 * access ends. After each move what Latchkey says is held against itself and against the apps, cards in chat that would say something else
 * have to be refreshed, and someone reads and presses a card; in the end, after quiet weeks, it is held against what should be and against
 * the audit log. Then she is erased, nothing names her, and the sealed audit log is as it was after each move.
 */
import type { Knex } from 'knex';
import { addDays } from '../../../src/core/days.ts';
import { giveBackAccess } from '../../../src/engine/access/give-back.ts';
import {
  cancelDeferred,
  cancelRetry,
  retryNow,
  startGrant,
} from '../../../src/engine/access/grant.ts';
import { endOfHolds } from '../../../src/engine/access/hold.ts';
import { queueCheck } from '../../../src/engine/access/queue-check.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { keepPaused } from '../../../src/engine/access/removals/keep-paused.ts';
import { resumeRemoval } from '../../../src/engine/access/removals/pause-removals.ts';
import { isPaused } from '../../../src/engine/access/removals/removal.ts';
import { confirmGone, retryRemoval } from '../../../src/engine/access/removals/removals.ts';
import { beginItems } from '../../../src/engine/bundles/begin-items.ts';
import {
  makeBundle,
  putItem,
  removeItem as takeFromBundle,
} from '../../../src/engine/bundles/change-bundle.ts';
import {
  adoptFinding,
  ignoreFinding,
  removeFinding,
  reopenFinding,
} from '../../../src/engine/findings/decide-finding.ts';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import { importSync, startSync } from '../../../src/engine/imports/start-sync.ts';
import {
  changeSettings,
  saveManifest,
  turnOff as turnAppOff,
  turnOn as turnAppOn,
} from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import { cancelOffboarding, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import {
  changePerson,
  comeBack,
  deactivate,
  reactivate,
} from '../../../src/engine/people/change-person.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import { finishErasure } from '../../../src/engine/people/erase-person.ts';
import type { NewPerson } from '../../../src/engine/people/people.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { reviewBreakGlass, takeBreakGlass } from '../../../src/engine/requests/break-glass.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { closeReview, decideItem } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import {
  addItem,
  deleteRule,
  editedOf,
  makeRule,
  removeItem,
  turnOff,
  turnOn,
} from '../../../src/engine/rules/change-rule.ts';
import { endException } from '../../../src/engine/rules/exceptions.ts';
import { isUnfinished, type RunInputs } from '../../../src/engine/runs/run.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import type { ItemEffect } from '../../../src/engine/sequences/sequence.ts';
import type { Timing } from '../../../src/engine/sequences/timing.ts';
import { defaultPolicy, settingsOf } from '../../../src/engine/settings/settings.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { finishTask, mayDo } from '../../../src/engine/tasks/manual.ts';
import { endNow, keepLonger } from '../../../src/engine/transitions/decide.ts';
import { type Head, signedHead } from '../../../src/engine/work/audit-head.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { verifyAudit } from '../../../src/engine/work/verify-audit.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import type { Vault } from '../../../src/store/vault/vault.ts';
import { bringForward } from '../../../src/store/work/bring-forward.ts';
import { addedIntegration, addedManual, addedPerson } from '../given/added.ts';
import { present } from '../given/outcomes.ts';
import { randomOf } from '../seeded.ts';
import { type AppShape, type Apps, manifestOf, yearOfApps } from './apps.ts';
import { type YearEngine, yearEngine } from './engine.ts';
import { type CardOfReader, liveCardsOf } from './live-cards.ts';
import { readersOf } from './readers.ts';
import { namedIn, untrueEntries } from './records.ts';

export interface LifeEnv {
  readonly db: Knex;
  readonly vault: Vault;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

export interface Lived {
  readonly problems: readonly string[];
  readonly log: readonly string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MOVES = 45;
const QUIET_DAYS = 14;
const ALL = { offset: 0, limit: 100 };

const shapes: readonly AppShape[] = [
  { name: 'GitHub', exists: 'list', isRevocable: true, steps: 2, lists: true },
  { name: 'Jira', exists: 'status', isRevocable: true, steps: 1 },
  { name: 'Crm', exists: 'none', isRevocable: true, steps: 2 },
];
const MANUAL = 'Badge';

const manifestText = (shape: AppShape, change: object = {}): string =>
  JSON.stringify({
    ...manifestOf(shape),
    form: [{ id: 'TEAM', name: 'Team', type: 'input', required: false }],
    ...change,
  });

/** A team that needs an approval. */
const CHOSEN = [
  {
    id: 'TEAM',
    name: 'Team',
    type: 'choice',
    required: false,
    items: [
      { id: 'web', name: 'Web' },
      { id: 'core', name: 'Core', needs_approval: true },
    ],
  },
];

/** By department, what its rule gives, and for how long that stays. */
const gives: Readonly<
  Record<string, { readonly apps: readonly string[]; readonly overlap: number }>
> = {
  Engineering: { apps: ['GitHub', 'Jira', MANUAL], overlap: 3 },
  Product: { apps: ['Jira', 'Crm'], overlap: 0 },
  Sales: { apps: ['Crm', MANUAL], overlap: 1 },
};

/** Until someone enters it, nothing is sent to the app. */
const TOKEN = { id: 'TOKEN', name: 'Token' };

const HR_URL = 'https://hr.example/people';
const HR_MANIFEST = JSON.stringify({
  action: 'create',
  schedule: '0 6 * * *',
  execute: [{ method: 'GET', url: HR_URL }],
  data_from: 'people',
  data_structure: {
    email: 'email',
    first_name: 'first',
    employee_id: 'id',
    start: 'start',
    end: 'end',
  },
});

/** What HR says of her; until it knows of her it has no rows. */
function hrOf() {
  const row = { id: '7', email: 'ann@x.io', first: 'Ann', start: '', end: '' };
  return {
    row,
    isKnown: false,
    answer() {
      const people = this.isKnown ? [row] : [];
      return {
        kind: 'answer',
        status: 200,
        headers: {},
        text: JSON.stringify({ people }),
      } as const;
    },
  };
}

export async function live(env: LifeEnv, seed: number): Promise<Lived> {
  const random = randomOf(seed);
  for (let warm = 0; warm < 10; warm += 1) random();
  const pick = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const log: string[] = [];
  const problems: string[] = [];
  const heads: Head[] = [];
  const { stores, db } = env;
  let isQuiet = false;
  let apps!: Apps;
  const hr = hrOf();
  const engine: YearEngine = yearEngine({
    ...env,
    from: new Date('2026-11-24T09:00:00Z'),
    http: (now) => {
      apps = yearOfApps({
        seed,
        shapes,
        now,
        isQuiet: () => isQuiet,
        ownerOf: async (email) => (await stores.people.findByEmail(email))?.id,
      });
      return {
        send: async (request, ...more) =>
          request.url === HR_URL ? hr.answer() : apps.send(request, ...more),
      };
    },
    onEvent: async () => undefined,
    onRefresh: (messageId) => liveCards.refresh(messageId),
    between: async () => undefined,
  });
  const { transact, now } = engine;
  const by = ({ id: personId }: Person) => ({ kind: 'person', personId, via: 'slack' }) as const;

  const added = async (wanted: NewPerson): Promise<Person> => addedPerson(transact, wanted);
  const ada = await added({ email: 'ada@x.io', firstName: 'Ada', role: 'admin' });
  const bob = await added({ email: 'bob@x.io', firstName: 'Bob', role: 'admin' });
  const boss = await added({ email: 'boss@x.io', firstName: 'Bo' });
  const chief = await added({ email: 'chief@x.io', firstName: 'Cy' });
  const zed = await added({ email: 'zed@x.io', firstName: 'Zed', department: 'Legal' });
  const { id: personId } = await added({
    email: 'ann@x.io',
    firstName: 'Ann',
    managerEmail: boss.email,
    department: 'Engineering',
  });
  const actor = by(ada);
  const members = new Set<string>();
  const ids = new Map<string, string>();
  const addApp = async (name: string): Promise<void> => {
    const shape = shapes.find((each) => each.name === name);
    const app = shape
      ? await addedIntegration(transact, { name, manifest: manifestText(shape) }, actor)
      : await addedManual(transact, { name }, actor);
    ids.set(name, app.id);
    await transact((tx) =>
      changeSettings(tx, app, {
        actor,
        change: {
          policy: { ...defaultPolicy, ...(name === 'Crm' && { longestHours: 10 * 24 }) },
          breakGlass: { longestHours: 6, withApprovalOptions: false },
        },
      }),
    );
  };
  const names = [...shapes.map(({ name }) => name), MANUAL];
  for (const name of names) await addApp(name);
  const appOf = async (name: string): Promise<Integration> => {
    const found = await stores.integrations.find(ids.get(name) ?? '');
    if (!found) throw new Error(`There is no ${name}`);
    return found;
  };
  const nameOf = (id: string): string => names.find((name) => ids.get(name) === id) ?? id;
  // Someone else's words name her: they are what an erasure has to look for.
  const likeHers = { reason: 'The same as ann@x.io', form: {}, answers: [], facts: {} };
  const jira = await appOf('Jira');
  await transact((tx) =>
    createRequest(tx, {
      actor: by(chief),
      requester: chief,
      person: chief,
      integration: jira,
      content: likeHers,
    }),
  );
  const rules = new Map<string, string>();
  const ruleItem = (name: string) => {
    const form: RunInputs['form'] = name === 'GitHub' ? { TEAM: 'core' } : {};
    return { integrationId: ids.get(name) ?? '', form, answers: [] };
  };
  const addRule = async (department: string): Promise<void> => {
    const { apps: given, overlap } = present(gives[department]);
    const definition = {
      matching: 'all',
      conditions: [{ field: 'department', comparison: 'is', not: false, values: [department] }],
      daysBefore: 0,
      overlapDays: overlap,
    } as const;
    let made = await transact((tx) => makeRule(tx, { name: department, definition }, { actor }));
    for (const name of given) {
      if (!made.ok) throw new Error(made.why);
      const { id } = made.value;
      made = await transact((tx) => addItem(tx, id, { actor, item: ruleItem(name) }));
    }
    if (!made.ok) throw new Error(made.why);
    const { id, version: seen } = made.value;
    await transact((tx) => turnOn(tx, id, { actor, seen }));
    rules.set(department, id);
  };
  for (const department of Object.keys(gives)) await addRule(department);
  /** Of its draft, where it has one. */
  const itemsOf = async (department: string) => {
    const rule = await stores.rules.find(rules.get(department) ?? '');
    return rule && !rule.deletedAt ? editedOf(rule).items : undefined;
  };
  const applyRule = async (department: string): Promise<void> => {
    const rule = await stores.rules.find(rules.get(department) ?? '');
    if (rule && !rule.deletedAt && editedOf(rule).items.length > 0)
      await transact((tx) => turnOn(tx, rule.id, { actor, seen: rule.version }));
  };
  /** As they were in the beginning. */
  const repairRules = async (): Promise<void> => {
    for (const [department, { apps: given }] of Object.entries(gives)) {
      const items = await itemsOf(department);
      if (!items) await addRule(department);
      for (const name of given) {
        const isGiven = items?.some(({ integrationId }) => integrationId === ids.get(name));
        if (isGiven !== false || (await appOf(name)).deletedAt) continue;
        const ruleId = rules.get(department) ?? '';
        await transact((tx) => addItem(tx, ruleId, { actor, item: ruleItem(name) }));
      }
      await applyRule(department);
    }
  };
  const bundle = await transact((tx) =>
    makeBundle(tx, { name: 'Basics', description: '', tags: '' }, { actor }),
  );
  if (!bundle.ok) throw new Error('no bundle');
  const putInBundle = async (name: string) => {
    const item = { integrationId: ids.get(name) ?? '', form: {}, answers: [] };
    await transact((tx) => putItem(tx, bundle.bundle.id, { actor, item }));
  };
  for (const name of ['Jira', 'Crm', MANUAL]) await putInBundle(name);
  const sequence = async (
    name: string,
    anchor: 'start-date' | 'end-date',
    items: readonly { readonly timing: Timing; readonly does: ItemEffect }[],
  ) => {
    const made = {
      id: `sequence-${name}`,
      version: 1,
      name,
      anchor,
      isOn: true,
      isForEveryHire: false,
      createdAt: now(),
    } as const;
    await stores.sequences.insert(made);
    for (const [position, { timing, does }] of items.entries())
      await stores.sequences.insertItem({
        id: `${made.id}-${position}`,
        version: 1,
        sequenceId: made.id,
        position,
        timing,
        does,
      });
    return made;
  };
  const giving = (name: string): ItemEffect => ({
    kind: 'grant',
    integrationId: ids.get(name) ?? '',
    form: {},
    answers: [],
  });
  const taking = (name: string): ItemEffect => ({
    kind: 'revoke',
    integrationId: ids.get(name) ?? '',
  });
  const first = await sequence('First days', 'start-date', [
    { timing: { kind: 'on', time: '09:00' }, does: giving('Jira') },
    { timing: { kind: 'after', workingDays: 2, time: '09:00' }, does: giving('Crm') },
  ]);
  const last = await sequence('Last days', 'end-date', [
    { timing: { kind: 'before', days: 1, time: '09:00' }, does: taking('GitHub') },
    { timing: { kind: 'on', time: '09:00' }, does: taking(MANUAL) },
    { timing: { kind: 'on', time: '12:00' }, does: giving('Crm') },
  ]);

  const ann = async (): Promise<Person> => present(await stores.people.find(personId));
  const givenTo = ({ active, department = '' }: Person) => ({
    wanted: active ? (gives[department]?.apps ?? []) : [],
    ruleId: rules.get(department),
  });
  const onAnn = (does: (tx: Transaction, person: Person) => Promise<unknown>) =>
    transact(async (tx) => {
      const person = await tx.people.hold(personId);
      if (person) await does(tx, person);
    });
  let invited = 0;
  /** Someone invited her at the app: a list of accounts finds it, and no judge before. */
  let isInvited = false;
  const day = (days = 0): string =>
    new Date(now().getTime() + days * DAY).toISOString().slice(0, 10);
  const content = { reason: 'A project', form: {}, answers: [], facts: {} };
  const pass = async (ms: number, isUp = true): Promise<void> =>
    engine.passTo(new Date(now().getTime() + ms), isUp);
  const source = await addedIntegration(transact, { name: 'HR', manifest: HR_MANIFEST }, actor);
  await transact((tx) => setOwnedFields(tx, source, { actor, fields: ['email', 'start', 'end'] }));
  const approveImports = async (): Promise<void> => {
    const { runs } = await stores.syncRuns.list({ states: ['ready'] }, ALL);
    for (const run of runs) await transact((tx) => importSync(tx, run, { actor }));
  };
  const set = (details: PersonDetails) =>
    onAnn((tx, person) => changePerson(tx, person, { actor, details }));
  const isThere = (name: string): boolean =>
    name === MANUAL
      ? members.has(personId)
      : [...(apps.accounts.get(name)?.values() ?? [])].some(({ owners }) => owners.has(personId));

  const doTasks = async (): Promise<void> => {
    const { tasks } = await stores.tasks.list({ state: 'open', personId }, ALL);
    for (const task of tasks) {
      if (task.integrationId === undefined) continue;
      const doer = [ada, bob].find((each) => mayDo(each, task)) ?? ada;
      const name = nameOf(task.integrationId);
      if (name !== MANUAL && task.kind === 'revoke')
        for (const [email, { owners }] of apps.accounts.get(name) ?? [])
          if (owners.has(personId)) apps.accounts.get(name)?.delete(email);
      const done = await transact((tx) => finishTask(tx, task, { person: doer, actor: by(doer) }));
      if (name !== MANUAL || done.kind !== 'ended') continue; // Someone who finds the task over leaves the badge as it is.
      if (task.kind === 'grant') members.add(personId);
      else members.delete(personId);
    }
  };
  async function addAgain(name: string, before: Integration): Promise<void> {
    apps.arrive();
    if (whenDeleted(before) === 'keep') {
      members.delete(name === MANUAL ? personId : '');
      apps.accounts.get(name)?.clear(); // Someone did what the task says.
    }
    await addApp(name);
    if (name !== 'GitHub') await putInBundle(name);
    for (const [department, id] of rules) {
      if (!gives[department]?.apps.includes(name)) continue;
      const rule = await transact((tx) => addItem(tx, id, { actor, item: ruleItem(name) }));
      if (rule.ok) await transact((tx) => turnOn(tx, id, { actor, seen: rule.value.version }));
    }
  }
  const whenDeleted = (app: Integration) => settingsOf(app).whenDeleted?.access;

  /** Nobody else is there whose answer could vouch for a 404. */
  const confirmStuck = async (): Promise<void> => {
    for (const { id, state, integrationId } of await stores.removals.openOf(personId))
      if (state === 'stuck' && !isThere(nameOf(integrationId)))
        await transact((tx) => confirmGone(tx, id, { person: bob, actor: by(bob) }));
  };
  const decide = async (verdict: 'approve' | 'deny', hours?: number): Promise<void> => {
    const { requests } = await stores.requests.list({ state: 'open', personIds: [personId] }, ALL);
    for (const request of requests) {
      const integration = await stores.integrations.find(request.integrationId);
      if (!integration) continue;
      const say = {
        requestId: request.id,
        verdict,
        rules: rulesKey(request, integration),
        by: bob,
        actor: by(bob),
      };
      await transact((tx) => decideRequest(tx, { ...say, ...(hours !== undefined && { hours }) }));
    }
  };
  const openTransition = async () => {
    const [current] = await stores.transitions.currentOf([personId]);
    return current?.state === 'open' ? current : undefined;
  };
  const onLostRow = async (
    does: (about: {
      transitionId: string;
      person: Person;
      integration: Integration;
      actor: Actor;
    }) => Promise<unknown>,
  ): Promise<void> => {
    const transition = await openTransition();
    if (!transition) return;
    for (const item of await stores.transitions.items(transition.id)) {
      if (item.part !== 'loses' || random() < 0.3) continue;
      const integration = await stores.integrations.find(item.integrationId);
      if (integration)
        await does({
          transitionId: transition.id,
          person: await ann(),
          integration,
          actor: by(boss),
        });
    }
  };
  const onPaused = async (does: (id: string, integration: Integration) => Promise<unknown>) => {
    for (const removal of await stores.removals.openOf(personId)) {
      const integration = await stores.integrations.find(removal.integrationId);
      if (integration && isPaused(removal, now()) && random() < 0.7)
        await does(removal.id, integration);
    }
  };

  const moves: Readonly<Record<string, () => Promise<unknown>>> = {
    'move to Engineering': () => set({ department: 'Engineering' }),
    'move to Product': () => set({ department: 'Product' }),
    'move to Sales': () => set({ department: 'Sales' }),
    'change manager': async () =>
      set({ managerEmail: (await ann()).managerId === boss.id ? chief.email : boss.email }),
    'ask for hours': async () => {
      const integration = await appOf(pick(...names));
      const person = await ann();
      const hours = pick(1, 5, 30, 72);
      await transact((tx) =>
        createRequest(tx, {
          actor: by(person),
          requester: person,
          person,
          integration,
          content,
          hours,
        }),
      );
    },
    'ask for good': async () => {
      const integration = await appOf(pick(...names));
      const person = await ann();
      await transact((tx) =>
        createRequest(tx, { actor: by(person), requester: person, person, integration, content }),
      );
    },
    'ask for the bundle': async () => {
      const person = await ann();
      const versionId = (await stores.bundles.find(bundle.bundle.id))?.versionId ?? '';
      const { items = [] } = (await stores.bundles.findVersion(versionId)) ?? {};
      const of = { kind: 'bundle', bundleId: bundle.bundle.id, versionId } as const;
      await transact((tx) =>
        beginItems(tx, {
          actor: by(person),
          person,
          by: person,
          as: 'request',
          reason: 'A project',
          of,
          items,
          facts: {},
        }),
      );
    },
    approve: () => decide('approve'),
    'approve for less': () => decide('approve', 2),
    deny: () => decide('deny'),
    grant: async () => {
      const integration = await appOf(pick('GitHub', 'Jira', 'Crm'));
      const person = await ann();
      const hours = pick(undefined, 1, 3, 26);
      await transact((tx) =>
        startGrant(tx, {
          actor,
          person,
          integration,
          form: pick<RunInputs['form']>({}, { TEAM: 'web' }, { TEAM: 'core' }),
          reason: 'needed',
          ...(hours !== undefined && { hours }),
        }),
      );
    },
    'grant by hand': async () => {
      const integration = await appOf(MANUAL);
      const person = await ann();
      const hours = pick(undefined, 5, 40);
      await transact((tx) =>
        grantByHand(tx, {
          actor,
          person,
          integration,
          reason: 'needed',
          ...(hours !== undefined && { hours }),
        }),
      );
    },
    'change a manifest': async () => {
      const shape = pick(...shapes);
      const text = manifestText(
        shape,
        pick(
          {},
          {},
          { revoke: [] },
          { exists: undefined },
          { initial_data_form: [TOKEN] },
          { form: CHOSEN },
        ),
      );
      const app = await appOf(shape.name);
      await transact((tx) => saveManifest(tx, app, { text, actor }));
    },
    revoke: async () => {
      const integration = await appOf(pick(...names));
      const person = await ann();
      const endsAt = pick(undefined, new Date(now().getTime() + 2 * DAY));
      if (integration.deletedAt) return;
      await transact((tx) =>
        beginRemoval(tx, {
          actor,
          person,
          integration,
          cause: { kind: 'revoked' },
          exception: { reason: 'no', ...(endsAt && { endsAt }) },
        }),
      );
    },
    'give back': async () => {
      const integration = await appOf(pick(...names));
      const person = await ann();
      const holds = await stores.holds.openAt(personId, integration.id);
      if (person.active && holds.length > 0 && !integration.deletedAt)
        await transact((tx) => giveBackAccess(tx, { person, integration, actor: by(person) }));
    },
    'she is requested for': async () => {
      const integration = await appOf(pick(...names));
      const [person, requester] = [await ann(), pick(boss, chief, bob)];
      const hours = pick(undefined, 3, 30);
      await transact((tx) =>
        createRequest(tx, {
          actor: by(requester),
          requester,
          person,
          integration,
          content,
          ...(hours !== undefined && { hours }),
        }),
      );
    },
    'her manager grants': async () => {
      const integration = await appOf(pick('GitHub', 'Jira', 'Crm'));
      const person = await ann();
      const hours = pick(undefined, 4);
      await transact((tx) =>
        startGrant(tx, {
          actor: by(boss),
          person,
          integration,
          form: pick<RunInputs['form']>({}, { TEAM: 'web' }, { TEAM: 'core' }),
          reason: 'needed',
          ...(hours !== undefined && { hours }),
        }),
      );
    },
    'change a policy': async () => {
      const app = await appOf(pick(...names));
      const policy = {
        ...defaultPolicy,
        ...pick(
          {},
          { approvers: { kind: 'automatic' } as const },
          { approvers: { kind: 'admins' } as const },
          { longestHours: 8 },
          { longestHours: 10 * 24 },
          { managersGrant: false },
          { requesters: { kind: 'nobody' } as const },
          { expireAfterDays: 1 },
        ),
      };
      await transact((tx) => changeSettings(tx, app, { actor, change: { policy } }));
    },
    'retry now': async () => {
      for (const { id } of await stores.runs.unfinishedOf(personId))
        await transact(async (tx) => {
          const run = await tx.runs.find(id);
          if (run) await retryNow(tx, run, actor);
        });
      for (const { id } of await stores.removals.openOf(personId))
        await transact((tx) => retryRemoval(tx, id, actor));
    },
    'take an app out of a rule': async () => {
      const department = pick(...rules.keys());
      const items = (await itemsOf(department)) ?? [];
      const itemId = pick(...items)?.id;
      if (itemId === undefined || items.length < 2) return;
      const ruleId = rules.get(department) ?? '';
      await transact((tx) => removeItem(tx, ruleId, { actor, itemId }));
      if (random() < 0.7) await applyRule(department);
    },
    'give others by a rule': async () => {
      const department = pick(...rules.keys());
      const item = pick(...((await itemsOf(department)) ?? []));
      if (!item || item.integrationId === ids.get(MANUAL)) return;
      const form = pick<RunInputs['form']>({}, { TEAM: 'web' }, { TEAM: 'core' });
      const { integrationId } = item;
      await transact((tx) =>
        addItem(tx, rules.get(department) ?? '', {
          actor,
          instead: item.id,
          item: { integrationId, form, answers: [] },
        }),
      );
      if (random() < 0.7) await applyRule(department);
    },
    'delete a rule': async () => {
      const id = rules.get(pick(...rules.keys())) ?? '';
      await transact((tx) => deleteRule(tx, id, { actor }));
    },
    'repair the rules': repairRules,
    'change the bundle': async () => {
      const name = pick('Jira', 'Crm', MANUAL);
      const integrationId = ids.get(name) ?? '';
      if (random() < 0.5) await putInBundle(name);
      else await transact((tx) => takeFromBundle(tx, bundle.bundle.id, { actor, integrationId }));
    },
    'end exceptions': async () => {
      for (const { id } of await stores.ruleExceptions.inEffect([personId], now()))
        await transact((tx) => endException(tx, id, { actor }));
    },
    'turn a rule off': async () => {
      const id = rules.get(pick(...rules.keys())) ?? '';
      await transact((tx) => turnOff(tx, id, { actor }));
    },
    'turn rules on': async () => {
      for (const id of rules.values()) {
        const rule = await stores.rules.find(id);
        if (rule) await transact((tx) => turnOn(tx, id, { actor, seen: rule.version }));
      }
    },
    'keep longer': () =>
      onLostRow((about) =>
        transact((tx) => keepLonger(tx, about, { hours: pick(24, 120), reason: 'handover' })),
      ),
    'end now': () => onLostRow((about) => transact((tx) => endNow(tx, about))),
    review: () =>
      transact((tx) =>
        startReview(tx, {
          name: 'Review',
          startedBy: ada,
          actor,
          dueDate: day(pick(0, 2)),
          undecided: pick('keep', 'remove', 'admins'),
        }),
      ),
    'decide reviews': async () => {
      for (const item of await stores.reviews.openItemsOf(personId)) {
        const verdict = pick('kept', 'kept', 'revoked');
        await transact((tx) => decideItem(tx, { ...item, verdict, by: bob, actor: by(bob) }));
      }
    },
    'break the glass': async () => {
      const wish = {
        person: await ann(),
        integration: await appOf(pick('GitHub', 'Jira')),
        hours: pick(1, 3),
        content,
      };
      await transact((tx) => takeBreakGlass(tx, wish, by(wish.person)));
    },
    'review the glass': async () => {
      const { requests } = await stores.requests.list({ personIds: [personId] }, ALL);
      for (const { id: requestId } of requests)
        await transact((tx) => reviewBreakGlass(tx, { requestId }, { by: bob, actor: by(bob) }));
    },
    'first days': async () => {
      await set({ startDate: day(pick(-1, 0, 1, 2)) });
      const person = await ann();
      await transact((tx) =>
        assignSequence(tx, { sequence: first, person, actor, past: pick('fire', 'hold') }),
      );
    },
    'last days': async () => {
      const person = await ann();
      await transact((tx) => assignSequence(tx, { sequence: last, person, actor, past: 'fire' }));
    },
    'leave today': () =>
      onAnn((tx, person) => planOffboarding(tx, { person, endDate: day(-1), actor })),
    'leave soon': () =>
      onAnn((tx, person) => planOffboarding(tx, { person, endDate: day(pick(1, 2)), actor })),
    'leave with sequence': async () => {
      await onAnn((tx, person) => planOffboarding(tx, { person, endDate: day(1), actor }));
      await moves['last days']?.();
    },
    stay: async () => {
      const current = await stores.offboardings.current(personId);
      if (current) await transact((tx) => cancelOffboarding(tx, current.id, { actor }));
    },
    deactivate: () => onAnn((tx, person) => deactivate(tx, person, { actor })),
    'come back': () => onAnn((tx, person) => reactivate(tx, person, { actor })),
    'keep what is paused': () =>
      onPaused(async (id, integration) => {
        const person = await ann();
        await transact((tx) => keepPaused(tx, id, { person, integration, actor }));
      }),
    'remove what is paused': () => onPaused((id) => transact((tx) => resumeRemoval(tx, id, actor))),
    'turn an app off': async () => {
      const app = await appOf(pick(...names));
      await transact((tx) => turnAppOff(tx, app, { actor }));
    },
    'turn apps on': async () => {
      for (const name of names) {
        const app = await appOf(name);
        await transact((tx) => turnAppOn(tx, app, { actor }));
      }
    },
    'delete an app': async () => {
      const app = await appOf(pick(...names));
      const access = pick('remove', 'remove', 'keep');
      await transact((tx) => deleteIntegration(tx, app, { access, actor }));
    },
    'add apps again': async () => {
      for (const name of names) {
        const app = await appOf(name);
        // What was lost on its way has arrived by then.
        if (app.deletedAt && now().getTime() - app.deletedAt.getTime() > HOUR)
          await addAgain(name, app);
      }
    },
    'enter secrets': async () => {
      for (const { name } of shapes) {
        const app = await appOf(name);
        await transact((tx) => setSecrets(tx, app, { secrets: { TOKEN: 'a-token' }, actor }));
      }
    },
    'invite her at the app': async () => {
      const person = await ann();
      const accounts = apps.accounts.get('GitHub');
      if (isThere('GitHub') || (await appOf('GitHub')).deletingSince) return;
      invited += 1;
      accounts?.set(person.email, { id: `by-hand-${invited}`, owners: new Set([personId]) });
      isInvited = true;
    },
    'decide findings': async () => {
      const person = await ann();
      const { findings } = await stores.findings.list({ states: ['open', 'ignored'] }, ALL);
      for (const { id: findingId, state, personId: whose } of findings) {
        if (whose !== personId) continue;
        const deciding = { findingId, actor: by(bob) };
        if (state === 'ignored') await transact((tx) => reopenFinding(tx, deciding));
        else
          await pick(
            () => transact((tx) => removeFinding(tx, deciding)),
            () => transact((tx) => adoptFinding(tx, { ...deciding, person })),
            () => transact((tx) => ignoreFinding(tx, deciding)),
          )();
      }
    },
    'cancel runs': async () => {
      for (const run of await stores.runs.unfinishedOf(personId))
        await transact(async (tx) => {
          const current = await tx.runs.find(run.id);
          if (!current) return;
          if (current.state === 'retrying') await cancelRetry(tx, current, actor);
          if (current.state === 'deferred') await cancelDeferred(tx, current, actor);
        });
    },
    check: async () => {
      const integrationId = ids.get(pick('GitHub', 'Jira')) ?? '';
      await transact((tx) => queueCheck(tx.queue, { personId, integrationId }));
    },
    'do tasks': doTasks,
    'lose it at the app': async () => {
      const name = pick('GitHub', 'Jira');
      for (const [email, { owners }] of apps.accounts.get(name) ?? [])
        if (owners.has(personId)) apps.accounts.get(name)?.delete(email);
    },
    'HR names a last day': async () => {
      hr.isKnown = true;
      hr.row.end = day(pick(-2, 0, 1, 2, 3, 6));
    },
    'HR names a later day': async () => {
      if (hr.row.end !== '') hr.row.end = addDays(hr.row.end, pick(1, 3));
    },
    'HR names no last day': async () => {
      hr.row.end = '';
    },
    'HR moves the first day': async () => {
      hr.isKnown = true;
      hr.row.start = day(pick(-3, 0, 1, 2, 4));
    },
    'HR renames her': async () => {
      hr.isKnown = true;
      hr.row.email = hr.row.email === 'ann@x.io' ? 'ann.lee@x.io' : 'ann@x.io';
    },
    import: async () => {
      await transact((tx) => startSync(tx, source, { actor, mode: 'import', scheduledFor: now() }));
    },
    'approve imports': approveImports,
    'last day later': () =>
      onAnn(async (tx, person) => {
        if (person.active && person.endDate !== undefined)
          await planOffboarding(tx, {
            person,
            endDate: addDays(person.endDate, pick(1, 4)),
            actor,
          });
      }),
    'move to a time zone': () =>
      set({
        timeZone: pick(
          'Pacific/Kiritimati',
          'Etc/GMT+12',
          'Asia/Kolkata',
          'Asia/Kathmandu',
          'America/New_York',
        ),
      }),
    outage: async () => {
      engine.jumpTo(new Date(now().getTime() + pick(5 * HOUR, DAY, 3 * DAY)));
      await pass(MINUTE);
    },
    'wrong clock': async () => {
      const right = now();
      engine.jumpTo(new Date(right.getTime() + 3 * DAY));
      await pass(pick(MINUTE, 2 * HOUR), random() < 0.7);
      engine.jumpTo(new Date(now().getTime() + HOUR)); // What was lost on its way arrives by then.
      apps.arrive();
      engine.jumpTo(right, new Date(right.getTime() + HOUR));
      await bringForward(db, right);
    },
    'come back as someone else': () =>
      onAnn(async (tx, person) => {
        const details = { firstName: 'Ann', department: 'Product', managerEmail: boss.email };
        if (!person.active)
          await comeBack(tx, person, { actor, details, related: { manager: boss } });
      }),
    'close reviews': async () => {
      const { reviews } = await stores.reviews.list(ALL);
      for (const { id } of reviews) await transact((tx) => closeReview(tx, id, by(bob)));
    },
    'clock back an hour': async () => {
      engine.jumpTo(new Date(now().getTime() - HOUR));
      await pass(pick(MINUTE, 30 * MINUTE));
    },
    'to the next end': async () => {
      const holds = await stores.holds.openOf(personId);
      const ends = holds.flatMap(({ endsAt }) => (endsAt && endsAt > now() ? +endsAt : []));
      if (ends.length === 0) return;
      const end = Math.min(...ends);
      await pass(end - 1 - now().getTime());
      engine.jumpTo(new Date(end));
      const click = pick('give back', 'keep longer', 'revoke', 'approve', 'ask for hours');
      log.push(`   the tick and ${click}`);
      await Promise.all([atOnce(click), pass(0)]);
    },
    'two at once': async () => {
      const [one, other] = [pick(...clicks), pick(...clicks)];
      log.push(`   ${one} and ${other}`);
      await Promise.all([atOnce(one), atOnce(other)]);
    },
    'a click while it works': async () => {
      const click = pick(...clicks);
      log.push(`   ${click} beside the worker`);
      await Promise.all([atOnce(click), engine.work()]);
    },
    work: () => engine.work(),
    minutes: () => pass(pick(1, 20) * MINUTE, random() < 0.8),
    hour: () => pass(HOUR, random() < 0.8),
    hours: () => pass(pick(2, 5) * HOUR),
    day: () => pass(DAY + HOUR),
    'two days': () => pass(2 * DAY),
  };

  /** What people press, and may press at once. */
  const clicks = [
    ['approve', 'approve for less', 'deny', 'ask for hours', 'ask for good'],
    [
      'grant',
      'her manager grants',
      'grant by hand',
      'revoke',
      'retry now',
      'give back',
      'keep longer',
      'end now',
    ],
    ['decide reviews', 'close reviews', 'break the glass', 'end exceptions', 'do tasks'],
    ['deactivate', 'come back', 'come back as someone else', 'leave today', 'stay'],
    ['keep what is paused', 'remove what is paused', 'cancel runs', 'turn an app off'],
    ['move to Product', 'move to Sales', 'import', 'approve imports'],
    ['change a policy', 'change manager', 'give others by a rule', 'turn rules on'],
    ['delete an app', 'change a manifest', 'enter secrets', 'turn apps on', 'decide findings'],
    ['ask for the bundle', 'change the bundle', 'take an app out of a rule', 'turn a rule off'],
    ['leave soon', 'last days', 'first days', 'check', 'review the glass'],
    ['delete a rule', 'repair the rules', 'review', 'she is requested for', 'last day later'],
  ].flat();
  /** One click beside another: the one that finds its card outdated is told so. */
  const atOnce = async (name: string): Promise<void> => {
    try {
      await moves[name]?.();
    } catch (error) {
      if (!(error instanceof StaleWrite)) throw error;
    }
  };

  const tell = (what: string): void => {
    problems.push(`${now().toISOString()} ${what}`);
  };

  async function judge(after: string): Promise<void> {
    apps.arrive();
    for (const error of engine.errors) tell(`after ${after}: it broke: ${error}`);
    const person = await ann();
    const runs = await stores.runs.unfinishedOf(personId);
    const holds = await stores.holds.openOf(personId);
    const { tasks } = await stores.tasks.list({ state: 'open', personId }, ALL);
    for (const name of names) {
      const integrationId = ids.get(name) ?? '';
      const app = await appOf(name);
      if (app.deletedAt) {
        await judgeDeleted(app, after);
        continue;
      }
      const here = holds.filter((hold) => hold.integrationId === integrationId);
      const removal = await stores.removals.open(personId, integrationId);
      const grants = runs.filter(
        (run) => run.integrationId === integrationId && run.kind === 'execute',
      );
      const there = isThere(name);
      const isAwaited = tasks.some(
        (task) => task.integrationId === integrationId && task.kind === 'grant',
      );
      // A grant that came to nothing had withdrawn its removal: a job begins it again.
      const isReconsidered = engine.isQueued(`reconsider:${personId}:${integrationId}`);
      const isHeld = here.length > 0 || grants.length > 0 || isAwaited || isReconsidered;
      if (name === 'GitHub' && (!there || isHeld || removal)) isInvited = false;
      if (there && !removal && !isHeld && !(name === 'GitHub' && isInvited))
        tell(`after ${after}: ${name} is there, and nothing says why or removes it`);
      for (const run of grants)
        if (isUnfinished(run) && !run.stoppedBy) {
          if (!here.some(({ runId }) => runId === run.id))
            tell(`after ${after}: a grant of ${name} is ${run.state}, and no hold wants it`);
          if (!person.active)
            tell(`after ${after}: a grant of ${name} for someone who left is ${run.state}`);
          if (!app.enabled)
            tell(`after ${after}: a grant of ${name} is ${run.state}, and it is turned off`);
        }
      for (const task of tasks)
        if (task.integrationId === integrationId && task.kind === 'grant') {
          if (!person.active) tell(`after ${after}: a task to grant ${name} to someone who left`);
          if (task.isAsked === false && !here.some(({ taskId }) => taskId === task.id))
            tell(`after ${after}: a task to grant ${name}, and no rule waits for it`);
        }
      if (!person.active && here.length > 0) tell(`after ${after}: someone who left holds ${name}`);
      if (removal && !isPaused(removal, now()))
        for (const hold of here) {
          const run = hold.runId === undefined ? undefined : await stores.runs.find(hold.runId);
          if (run?.state !== 'deferred')
            tell(
              `after ${after}: ${name} is being removed (${removal.state}), and a hold of ${hold.source} is open with a run that is ${run?.state}`,
            );
        }
    }
    const offboarding = await stores.offboardings.current(personId);
    const plannedEnd = offboarding?.state === 'planned' ? offboarding.endDate : undefined;
    if (person.active && person.endDate !== plannedEnd)
      tell(`after ${after}: the last day is ${person.endDate}, and ${plannedEnd} is planned`);
    for (const removal of await stores.removals.openOf(personId))
      if (removal.state === 'stuck' && !removal.notifiedAt)
        tell(`after ${after}: ${nameOf(removal.integrationId)} is stuck, and no one was told`);
    if (!person.active) {
      const { total } = await stores.requests.list({ state: 'open', personIds: [personId] }, ALL);
      if (total > 0) tell(`after ${after}: someone who left has an open request`);
    }
  }

  async function judgeDeleted(app: Integration, after: string): Promise<void> {
    const { id: integrationId, name } = app;
    const isHere = (each: { readonly integrationId?: string }) =>
      each.integrationId === integrationId;
    const isKnown = !(name === 'GitHub' && isInvited); // Before any list that finds it.
    const there = whenDeleted(app) === 'remove' && isThere(name) && isKnown;
    if (there) tell(`after ${after}: ${name} was removed and deleted, and is there`);
    if (await stores.removals.open(personId, integrationId))
      tell(`after ${after}: ${name} is deleted and being removed`);
    if ((await stores.runs.unfinishedOf(personId)).some(isHere))
      tell(`after ${after}: ${name} is deleted, and a run is under way`);
    const { tasks } = await stores.tasks.list({ state: 'open', personId }, ALL);
    if (tasks.some((task) => isHere(task) && task.kind !== 'other'))
      tell(`after ${after}: ${name} is deleted, and a task is open`);
    if (engine.isQueued(`re-evaluate::${integrationId}`)) return;
    const { total } = await stores.requests.list({ state: 'open', integrationId }, ALL);
    if (total > 0) tell(`after ${after}: ${name} is deleted, and a request is open`);
    if ((await stores.reviews.openItemsOf(personId)).some(isHere))
      tell(`after ${after}: ${name} is deleted, and a review is open`);
  }

  const seen: CardOfReader[] = [];
  const liveCards = liveCardsOf({ seed, stores, engine, seen, tell });
  const read = readersOf({
    seed,
    seen,
    stores,
    engine,
    subject: await ann(),
    others: [ada, bob, boss, chief],
    colleague: zed,
    tell,
  });
  const names2 = Object.keys(moves);
  const often = [
    'work',
    'minutes',
    'hour',
    'hours',
    'day',
    'approve',
    'do tasks',
    'grant',
    'come back',
    'two at once',
    'a click while it works',
    'to the next end',
  ];
  await pass(HOUR);
  for (let move = 0; move < MOVES && problems.length === 0; move += 1) {
    const name = pick(...names2, ...often, ...often);
    const begun = `${now().toISOString()} — ${name}`;
    log.push(begun);
    await liveCards.before();
    await moves[name]?.();
    await liveCards.after(log.slice(log.lastIndexOf(begun)).join());
    engine.jumpTo(new Date(now().getTime() + 1)); // No two moves share a millisecond: what was proven before one isn't proven after it.
    await judge(name);
    await read(1);
    await seal();
  }
  if (problems.length === 0) {
    log.push('— quiet');
    isQuiet = true;
    await moves['turn apps on']?.();
    for (const shape of shapes) {
      const app = await appOf(shape.name);
      const text = manifestText(shape, pick({}, { initial_data_form: [TOKEN] }));
      await transact((tx) => saveManifest(tx, app, { text, actor }));
    }
    await moves['enter secrets']?.();
    await repairRules();
    for (let left = 0; left < QUIET_DAYS * 2 && problems.length === 0; left += 1) {
      await pass(12 * HOUR);
      await approveImports();
      await doTasks();
      await confirmStuck();
      await engine.work();
      await judge('quiet hours');
    }
    if (problems.length === 0) await judgeEnd();
    if (problems.length === 0) await eraseHer();
  }

  /** What a rule gives and is not there, unless admins were notified. */
  async function lacking(): Promise<readonly string[]> {
    const { wanted, ruleId } = givenTo(await ann());
    const excepted = (await stores.ruleExceptions.inEffect([personId], now())).filter(
      (each) => each.ruleId === ruleId,
    );
    const told = (await stores.ruleTroubles.of(personId)).filter(({ notifiedAt }) => notifiedAt);
    const isKnown = (name: string) =>
      [...excepted, ...told].some(({ integrationId }) => integrationId === ids.get(name));
    const kept = await Promise.all(wanted.map(async (name) => !(await appOf(name)).deletedAt));
    return wanted.filter((name, at) => kept[at] && !isThere(name) && !isKnown(name));
  }

  async function judgeEnd(): Promise<void> {
    const person = await ann();
    for (const name of ['GitHub', 'Jira'])
      await transact((tx) =>
        queueCheck(tx.queue, { personId, integrationId: ids.get(name) ?? '' }),
      );
    await pass(HOUR);
    // What an app denies, and nothing vouches for, is checked for days before admins are notified.
    for (let left = 5; left > 0 && (await lacking()).length > 0; left -= 1) await pass(DAY);
    await pass(DAY); // What the checks found is judged by the next list.
    for (const name of await lacking())
      tell(`in the end a rule gives ${name}, it is not there, and no one was told`);
    const exceptions = await stores.ruleExceptions.inEffect([personId], now());
    const troubles = await stores.ruleTroubles.of(personId);
    const { wanted, ruleId } = givenTo(person);
    for (const name of names) {
      const integrationId = ids.get(name) ?? '';
      const app = await appOf(name);
      if (app.deletedAt) continue;
      if (app.deletingSince) tell(`in the end ${name} is still being deleted`);
      const here = (await stores.holds.openOf(personId)).filter(
        (hold) => hold.integrationId === integrationId,
      );
      const removal = await stores.removals.open(personId, integrationId);
      const access = await stores.access.find(personId, integrationId);
      const isExcepted = exceptions.some(
        (each) => each.ruleId === ruleId && each.integrationId === integrationId,
      );
      const isTroubled = troubles.some((each) => each.integrationId === integrationId);
      const ofRule = here.filter((hold) => hold.ruleId !== undefined);
      if (removal) tell(`in the end ${name} is still being removed: ${removal.state}`);
      if (wanted.includes(name) && !isExcepted && !isTroubled) {
        if (ofRule.length !== 1 || ofRule[0]?.ruleId !== ruleId || ofRule[0]?.endsAt)
          tell(`in the end a rule gives ${name}, and holds ${JSON.stringify(ofRule)}`);
      }
      if ((!wanted.includes(name) || isExcepted) && ofRule.length > 0)
        tell(`in the end no rule gives ${name}, and one holds it`);
      // Of someone who is back nobody has checked it there since, and nobody can.
      const isUnchecked = access?.state === 'unknown' && (name === MANUAL || name === 'Crm');
      if (!isUnchecked && isThere(name) !== (access?.state === 'has'))
        tell(
          `in the end ${name} is ${isThere(name) ? '' : 'not '}there, and access says ${access?.state}`,
        );
      const { findings } = await stores.findings.list({ integrationId }, ALL);
      const isFound = findings.some(
        (each) => each.personId === personId && each.state !== 'resolved',
      );
      if (isThere(name) && here.length === 0 && !isFound)
        tell(`in the end ${name} is there without a reason`);
      for (const { kind, state } of findings)
        if (state === 'open' && kind === 'missing' && isThere(name))
          tell(`in the end ${name} is there, and a finding says that it is missing`);
        else if (state === 'open' && (kind === 'found' || kind === 'left-behind') && !isThere(name))
          tell(`in the end ${name} is not there, and a finding says ${kind}`);
        else if (state === 'removing') tell(`in the end a finding at ${name} is being removed`);
      const end = endOfHolds(here);
      if (end && end <= now()) tell(`in the end ${name} is held past its end`);
    }
    const transition = await openTransition();
    if (transition && !person.active) tell('in the end a move of someone who left is open');
    for (const item of await stores.reviews.openItemsOf(personId))
      if (!person.active)
        tell(`in the end a review of someone who left is open: ${nameOf(item.integrationId)}`);
    for (const item of await stores.plannedItems.openOf({ personIds: [personId] }))
      if (item.state === 'planned' && item.dueAt && item.dueAt < new Date(now().getTime() - HOUR))
        tell(`in the end an item of a sequence is due since ${item.dueAt.toISOString()}`);
    const offboarding = await stores.offboardings.current(personId);
    if (offboarding) tell(`in the end an offboarding is ${offboarding.state}`);
    for (const problem of await untrueEntries(db, personId)) tell(`in the end ${problem}`);
  }

  /** The head is what someone keeps elsewhere. */
  async function seal(): Promise<void> {
    await sealAudit({ stores, transact, pause: async () => undefined });
    const head = await signedHead(stores.auditChain);
    if (head) heads.push(head);
  }
  async function judgeChain(): Promise<void> {
    await seal();
    const { changes } = await verifyAudit(stores.auditChain, { heads });
    // It is sealed after each move, in which days may pass.
    for (const { kind, seq, entry } of changes)
      if (kind !== 'backdated') tell(`in the end entry ${seq} (${entry?.what}) is ${kind}`);
  }

  /** She leaves, and is erased while others go on. */
  async function eraseHer(): Promise<void> {
    log.push(`${now().toISOString()} — erased`);
    hr.isKnown = false;
    await onAnn((tx, person) => deactivate(tx, person, { actor }));
    const erasure = { stores, transact, now, personalData: createPersonalData(db, env.vault) };
    for (let left = 20; left > 0; left -= 1) {
      await pass(12 * HOUR);
      await doTasks();
      await confirmStuck();
      const [erased] = await Promise.all([
        finishErasure(personId, erasure),
        engine.work(),
        random() < 0.5 ? seal() : undefined,
      ]);
      if (erased.kind === 'erased') break;
      if (left === 1) tell(`in the end she is not erased: ${JSON.stringify(erased)}`);
    }
    await pass(DAY);
    await finishErasure(personId, erasure); // What workers had in hand then is looked through once more.
    for (const error of engine.errors) tell(`after the erasure: it broke: ${error}`);
    // Someone else may have one of them: HR made up a second person by it.
    const addresses: string[] = [];
    for (const address of ['ann@x.io', 'ann.lee@x.io'])
      if (!(await stores.people.findByEmail(address))) addresses.push(address);
    for (const place of await namedIn(env, { personId, addresses }))
      tell(`she is erased, and ${place} names her`);
    await judgeChain();
  }

  if (problems.length > 0) log.push(...(await historyOf()));
  async function historyOf(): Promise<readonly string[]> {
    const rows = await db('audit_log').where({ person_id: personId }).orderBy(['at', 'id']);
    const audit = rows.map((row) => ({
      at: Number(row.at),
      text: `${row.what} ${nameOf(row.integration_id ?? '')} ${row.detail ?? ''}`,
    }));
    const writes = apps.sent.map(({ at, text }) => ({ at, text: `        ${text}` }));
    return [...audit, ...writes]
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, text }) => `${new Date(at).toISOString()} ${text}`);
  }
  return { problems, log };
}
