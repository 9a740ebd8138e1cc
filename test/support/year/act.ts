/** What people do: managers approve and do tasks, former managers try to, admins say OK, bring people back, revoke, switch things. */

import { addDays } from '../../../src/core/days.ts';
import { unreachable } from '../../../src/core/unreachable.ts';
import { giveBackAccess } from '../../../src/engine/access/give-back.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { keepPaused } from '../../../src/engine/access/removals/keep-paused.ts';
import { resumeRemoval } from '../../../src/engine/access/removals/pause-removals.ts';
import { isPaused } from '../../../src/engine/access/removals/removal.ts';
import { confirmGone } from '../../../src/engine/access/removals/removals.ts';
import { beginItems } from '../../../src/engine/bundles/begin-items.ts';
import { endSync, importSync } from '../../../src/engine/imports/start-sync.ts';
import * as integrations from '../../../src/engine/integrations/change-integration.ts';
import { reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { knownFacts } from '../../../src/engine/people/stored-values.ts';
import type { Stores, Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { reviewBreakGlass, takeBreakGlass } from '../../../src/engine/requests/break-glass.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { turnOff, turnOn } from '../../../src/engine/rules/change-rule.ts';
import { endException } from '../../../src/engine/rules/exceptions.ts';
import { retryTrouble } from '../../../src/engine/rules/retry-trouble.ts';
import { routeFor } from '../../../src/engine/settings/route.ts';
import { finishTask, mayDo } from '../../../src/engine/tasks/manual.ts';
import type { Event, EventOf } from '../../../src/engine/work/events.ts';
import { chanceOf } from '../seeded.ts';
import type { Apps } from './apps.ts';
import type { YearEngine } from './engine.ts';
import { type Furnished, shapes, yearRules } from './furnish.ts';
import type { Hr, Weather } from './hr.ts';
import type { Judge } from './judge.ts';
import { BREAK_GLASS, mayDecideNow } from './policies.ts';

export interface Presses {
  /** Of managers, by kind. */
  readonly byKind: Readonly<Record<string, number>>;
  /** Changes of department, position, manager or city, as Latchkey saw them. */
  readonly moves: number;
  /** Of managers, for what a move gave and took. */
  readonly forMoves: number;
  readonly mostForOne: number;
}

export interface Acting {
  /** In the transaction of the event. */
  noteWithin(tx: Transaction, event: Event): Promise<void>;
  /** What happens before anything else does. */
  atOnce(events: readonly Event[]): Promise<void>;
  planDay(day: string): Promise<void>;
  act(day: string, hour: number): Promise<void>;
  counts(): { readonly presses: Presses; readonly held: number };
}

interface ActingWish {
  readonly seed: number;
  /** Years whose changes happen in one. */
  readonly pace: number;
  readonly stores: Stores;
  readonly hr: Hr;
  readonly furnished: Furnished;
  readonly apps: Apps;
  readonly engine: YearEngine;
  readonly isQuiet: () => boolean;
  readonly judge: Judge;
  readonly weather: (day: string) => Weather;
}

const interests = [
  'approval-requested',
  'person-changed',
  'task-opened',
  'import-held',
  'rehire-found',
  'rule-trouble',
  'break-glass',
] as const;
type Interest = (typeof interests)[number];
const isOfInterest = (event: Event): event is EventOf<Interest> =>
  interests.some((kind) => kind === event.kind);

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
/** A press counts for a move of so many days ago. */
const OF_A_MOVE_MS = 25 * DAY;

/** Another value takes the place of one. */
const isMove = ({ before, person, stored }: EventOf<'person-changed'>): boolean =>
  (['department', 'position', 'managerId'] as const).some(
    (field) => before[field] !== undefined && before[field] !== person[field],
  ) ||
  (stored.includes('CITY') && knownFacts(before)['CITY'] !== undefined);

export function actors({
  seed,
  pace,
  stores,
  hr,
  furnished,
  apps,
  engine,
  isQuiet,
  judge,
  weather,
}: ActingWish): Acting {
  const { transact, now } = engine;
  const [ada, bob] = furnished.admins;
  const diary: { readonly at: number; readonly what: () => Promise<unknown> }[] = [];
  const byKind: Record<string, number> = {};
  const moves = new Map<string, { at: number; presses: number }[]>();
  let [held, draws] = [0, 0];
  /** Of what comes in the same order each time. */
  const draw = (): number => chanceOf(`${seed} act ${(draws += 1)}`);
  /** The same for what policies bring, so that it changes nothing of the rest. */
  let chances = 0;
  const chance = (what: string): number => chanceOf(`${seed} ${what} ${(chances += 1)}`);
  const within = (fromHours: number, toHours: number): number =>
    now().getTime() + (fromHours + draw() * (toHours - fromHours)) * HOUR;
  const soon = (fromHours: number, toHours: number, what: () => Promise<unknown>): void =>
    void diary.push({ at: isQuiet() ? within(0, 6) : within(fromHours, toHours), what });
  const by = ({ id: personId }: Person) => ({ kind: 'person', personId, via: 'slack' }) as const;
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(draw() * all.length)];
  const nameOf = new Map([...furnished.apps].map(([name, { id }]) => [id, name]));

  function pressed(
    kind: string,
    who: Person,
    about: { readonly personId: string; readonly isOfMove: boolean },
  ): void {
    if (who.role === 'admin') return;
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    const last = moves.get(about.personId)?.at(-1);
    if (about.isOfMove && last && now().getTime() - last.at < OF_A_MOVE_MS) last.presses += 1;
  }

  // ---------------------------------------------------------------- requests

  async function decide(requestId: string, approverId: string): Promise<void> {
    const [request, approver] = [
      await stores.requests.find(requestId),
      await stores.people.find(approverId),
    ];
    const integration = request && (await stores.integrations.find(request.integrationId));
    if (!request || !approver?.active || !integration || request.state !== 'open') return;
    const person = await stores.people.find(request.personId);
    const verdict = draw() < 0.88 ? 'approve' : 'deny';
    const say = {
      requestId,
      verdict,
      rules: rulesKey(request, integration),
      by: approver,
      actor: by(approver),
      ...(request.hours !== undefined &&
        chance('shorter') < 0.1 && { hours: Math.ceil(request.hours / 2) }),
    } as const;
    const done = await transact((tx) => decideRequest(tx, say));
    const may = await mayDecideNow(request, approver, { stores, day: judge.today() });
    const isCounted = done.kind === 'decided' || done.kind === 'counted';
    if (isCounted) pressed(verdict, approver, { personId: request.personId, isOfMove: false });
    if (isCounted && !may)
      await judge.tell(
        `${approver.email} decided a request for ${person?.email} without the right`,
        request.personId,
      );
    // Only its manager decides it, and no earlier stage has to be over.
    const route = routeFor(request);
    const stages = route?.kind === 'stages' ? route.stages : [];
    const isManagers = stages.length === 1 && stages[0]?.approvers[0]?.kind === 'manager';
    if (done.kind === 'not-approver' && isManagers && person?.managerId === approver.id && may)
      await judge.tell(
        `${approver.email} is the manager of ${person.email}, and may not decide: ${done.kind}`,
        request.personId,
      );
  }

  async function askForSomething(): Promise<void> {
    const person = await someone();
    if (!person) return;
    const content = { reason: 'For a project', form: {}, answers: [], facts: {} };
    if (draw() < 0.3) {
      const { bundleId } = furnished;
      const versionId = (await stores.bundles.find(bundleId))?.versionId ?? '';
      const { items = [] } = (await stores.bundles.findVersion(versionId)) ?? {};
      const asking = {
        actor: by(person),
        person,
        by: person,
        as: 'request',
        reason: 'For a project',
      } as const;
      await transact((tx) =>
        beginItems(tx, {
          ...asking,
          of: { kind: 'bundle', bundleId, versionId },
          items,
          facts: {},
        }),
      );
      return;
    }
    const integration = await current(pick(['Vpn', 'Analytics', 'Figma']) ?? 'Vpn');
    const days =
      draw() < 0.7 || integration.name === 'Vpn' ? 5 + Math.floor(draw() * 20) : undefined;
    const isShort = chance('short') < 0.4;
    const hours = isShort ? 2 + Math.floor(chance('hours') * 20) : days && 24 * days;
    const made = await transact((tx) =>
      createRequest(tx, {
        actor: by(person),
        requester: person,
        person,
        integration,
        content,
        ...(hours !== undefined && { hours }),
      }),
    );
    if (made.kind === 'requested') await decide(made.request.id, person.id);
  }

  /** Access at once, mostly at night; an owner or admin reviews it the next morning. */
  async function breakGlass(): Promise<void> {
    const person = await someone();
    if (!person) return;
    const wish = {
      person,
      integration: await current(BREAK_GLASS.app),
      hours: 1 + Math.floor(chance('hours') * BREAK_GLASS.hours),
      content: { reason: 'It is down', form: {}, answers: [], facts: {} },
    };
    await transact((tx) => takeBreakGlass(tx, wish, by(person)));
  }

  async function review(requestId: string): Promise<void> {
    await transact((tx) => reviewBreakGlass(tx, { requestId }, { by: bob, actor: by(bob) }));
  }

  /** A manager or an owner is away for some days; mostly they have a delegate. */
  async function goAway(): Promise<void> {
    const [person, delegate] = [await someone(), await someone()];
    if (!person || !delegate || person.id === delegate.id) return;
    const from = judge.today();
    const until = addDays(from, 1 + Math.floor(chance('away') * 9));
    await transact((tx) =>
      setDelegate(tx, { personId: person.id, delegateId: delegate.id, from, until }, by(person)),
    );
  }

  async function giveBack(): Promise<void> {
    const person = await someone();
    const holds = person ? await stores.holds.openOf(person.id) : [];
    const hold = holds[Math.floor(chance('back') * holds.length)];
    const integration = hold && (await stores.integrations.find(hold.integrationId));
    if (!person || !integration) return;
    excepted.add(person.id);
    await transact((tx) => giveBackAccess(tx, { person, integration, actor: by(person) }));
  }

  const current = async (name: string): Promise<Integration> => {
    const found = await stores.integrations.find(furnished.apps.get(name)?.id ?? '');
    if (!found) throw new Error(`${name} is gone`);
    return found;
  };

  async function someone(): Promise<Person | undefined> {
    const { total } = await stores.people.search('', { offset: 0, limit: 1 });
    const { people } = await stores.people.search('', {
      offset: Math.floor(draw() * total),
      limit: 1,
    });
    return people[0]?.role === 'admin' ? undefined : people[0];
  }

  // ---------------------------------------------------------------- tasks

  async function doTask(taskId: string): Promise<void> {
    const task = await stores.tasks.find(taskId);
    if (task?.state !== 'open' || task.integrationId === undefined) return;
    const assignee =
      task.assigneeId === undefined ? undefined : await stores.people.find(task.assigneeId);
    const doer =
      assignee && mayDo(assignee, task)
        ? assignee
        : ([ada, bob].find((each) => mayDo(each, task)) ?? ada);
    const name = nameOf.get(task.integrationId) ?? '';
    const members = judge.byHand.get(name);
    const canLie =
      shapes.some((each) => each.name === name && each.exists !== 'none') && !isQuiet();
    if (task.kind === 'grant') members?.add(task.personId);
    else if (members) members.delete(task.personId);
    else if (!(canLie && draw() < 0.1))
      for (const [email, { owners }] of apps.accounts.get(name) ?? [])
        if (owners.has(task.personId)) {
          owners.delete(task.personId);
          if (owners.size === 0) apps.accounts.get(name)?.delete(email);
        }
    const done = await transact((tx) => finishTask(tx, task, { person: doer, actor: by(doer) }));
    if (done.kind === 'ended')
      pressed(`${task.kind} by hand`, doer, { personId: task.personId, isOfMove: true });
    else
      await judge.tell(
        `${doer.email} may not do the task ${task.title}: ${done.kind}`,
        task.personId,
      );
  }

  // ---------------------------------------------------------------- admins

  async function decideImport(runId: string, readOn: string): Promise<void> {
    const run = await stores.syncRuns.find(runId);
    if (run?.state !== 'ready') return;
    const said = weather(readOn);
    const isRight = said === 'right' || said === 'late' || (said === 'vanished' && draw() < 0.4);
    if (isRight) await transact((tx) => importSync(tx, run, { actor: by(ada) }));
    else await transact((tx) => endSync(tx, run, { actor: by(ada) }));
  }

  async function bringBack(personId: string): Promise<void> {
    const person = await stores.people.find(personId);
    const employee = hr.employees.get(person?.employeeId ?? '');
    if (!person || person.active || !employee || employee.end !== undefined) return;
    await transact((tx) => reactivate(tx, person, { actor: by(ada) }));
    for (const removal of await stores.removals.openOf(personId)) {
      if (!isPaused(removal, now())) continue;
      const integration = await stores.integrations.find(removal.integrationId);
      const what = draw();
      if (what < 0.25 && integration)
        await transact((tx) => keepPaused(tx, removal.id, { person, integration, actor: by(bob) }));
      else if (what < 0.5) await transact((tx) => resumeRemoval(tx, removal.id, by(bob)));
    }
  }

  /** An address that someone else had: only an admin can tell that it is another person. */
  async function addTheMissing(day: string): Promise<void> {
    const working = [...hr.employees.values()].filter(
      ({ end, start }) => end === undefined && start <= day,
    );
    const found = await stores.people.findByEmails(working.map(({ email }) => email));
    const there = new Map(found.map((person) => [person.email, person]));
    for (const { email, first, last, number } of working) {
      const holder = there.get(email);
      if (!holder || holder.active || holder.employeeId === number) continue;
      const [same] = await stores.people.findByEmployeeIds([number]);
      if (same) continue;
      await transact((tx) =>
        addPerson(tx, { email, firstName: first, lastName: last }, { actor: by(ada) }),
      );
    }
  }

  /**
   * An app where nobody has an account answers nothing but 404, which proves nothing: its token may have lost its rights. So does a
   * revoke of one that can't be asked. An admin looks for themselves.
   */
  async function confirmStuck(): Promise<void> {
    for (const { name, exists } of shapes) {
      const members = [...(apps.accounts.get(name)?.values() ?? [])];
      if (exists === 'list' || (exists === 'status' && members.length > 0)) continue;
      const { id } = await current(name);
      for (const { state, beganAt, personId, id: removalId } of await stores.removals.openAt(id))
        if (
          state === 'stuck' &&
          now().getTime() - beganAt.getTime() > 2 * DAY &&
          !members.some(({ owners }) => owners.has(personId))
        )
          await transact((tx) => confirmGone(tx, removalId, { person: ada, actor: by(ada) }));
    }
  }

  /**
   * The app has the account of someone who was renamed under the address of this person. IT gives it the new address. Where Latchkey
   * can't ask the app about that, an admin revokes it here, too, and the rule gives it again.
   */
  async function readdress({
    personId,
    integrationId,
  }: {
    readonly personId: string;
    readonly integrationId: string;
  }): Promise<void> {
    const person = await stores.people.find(personId);
    const integration = await stores.integrations.find(integrationId);
    const members = apps.accounts.get(integration?.name ?? '');
    const account = members?.get(person?.email ?? '');
    const otherId = [...(account?.owners ?? [])].find((id) => id !== personId);
    const other = otherId === undefined ? undefined : await stores.people.find(otherId);
    if (!person || !integration || !members || !account || !other) return;
    if (other.email === person.email) return;
    account.owners.delete(personId);
    members.delete(person.email);
    if (!members.has(other.email)) members.set(other.email, account);
    if (shapes.some(({ name, exists }) => name === integration.name && exists !== 'none')) return;
    excepted.add(other.id);
    await transact((tx) =>
      beginRemoval(tx, {
        actor: by(bob),
        person: other,
        integration,
        cause: { kind: 'revoked' },
        exception: { reason: 'It has another address now', endsAt: new Date(within(1, 2)) },
      }),
    );
  }

  async function revokeSomething(): Promise<void> {
    const person = await someone();
    const holds = person ? await stores.holds.openOf(person.id) : [];
    const hold = pick(holds);
    const integration = hold && (await stores.integrations.find(hold.integrationId));
    if (!person || !integration) return;
    excepted.add(person.id);
    const endsAt = draw() < 0.6 ? new Date(within(3 * 24, 9 * 24)) : undefined;
    await transact((tx) =>
      beginRemoval(tx, {
        actor: by(bob),
        person,
        integration,
        cause: { kind: 'revoked' },
        exception: { reason: 'Not now', ...(endsAt && { endsAt }) },
      }),
    );
  }

  async function dropExceptions(): Promise<void> {
    const all = await stores.ruleExceptions.inEffect([...excepted], now());
    for (const { id } of all)
      if (draw() < 0.05) await transact((tx) => endException(tx, id, { actor: by(bob) }));
  }
  /** People who may have an exception. */
  const excepted = new Set<string>();

  async function switchRule(): Promise<void> {
    const rule = pick(yearRules.filter(({ name }) => !judge.rulesOff.has(name)));
    const id = furnished.rules.get(rule?.name ?? '') ?? '';
    if (!rule) return;
    await transact((tx) => turnOff(tx, id, { actor: by(ada) }));
    judge.rulesOff.add(rule.name);
    soon(4, 5 * 24, async () => {
      const { version: seen = 0 } = (await stores.rules.find(id)) ?? {};
      await transact((tx) => turnOn(tx, id, { actor: by(ada), seen }));
      judge.rulesOff.delete(rule.name);
    });
  }

  async function switchApp(): Promise<void> {
    const integration = await current(pick(['GitHub', 'Crm', 'Figma', 'Badge']) ?? 'Crm');
    await transact((tx) => integrations.turnOff(tx, integration, { actor: by(ada) }));
    soon(3, 40, () => transact((tx) => integrations.turnOn(tx, integration, { actor: by(ada) })));
  }

  // ---------------------------------------------------------------- events

  /** In the transaction itself: the person who is asked now has to be the manager of now. */
  async function noteWithin(tx: Transaction, event: Event): Promise<void> {
    if (event.kind !== 'approval-requested') return;
    const { request: asked, approverIds } = event;
    const person = await tx.people.find(asked.personId);
    for (const id of approverIds) {
      const approver = await tx.people.find(id);
      if (approver && (await mayDecideNow(asked, approver, { stores: tx, day: judge.today() })))
        continue;
      await judge.tell(
        `${approver?.email} is asked to approve for ${person?.email}, and has no right to`,
        asked.personId,
      );
    }
  }

  async function note(event: Event): Promise<void> {
    if (isOfInterest(event)) await noteOne(event);
  }

  async function noteOne(event: EventOf<Interest>): Promise<void> {
    switch (event.kind) {
      case 'approval-requested':
        for (const id of event.approverIds)
          if (draw() < 0.85) soon(1, 70, () => decide(event.request.id, id));
        return;
      case 'person-changed': {
        const { before, person } = event;
        if (isMove(event))
          moves.set(person.id, [
            ...(moves.get(person.id) ?? []),
            { at: now().getTime(), presses: 0 },
          ]);
        if (before.managerId === undefined || before.managerId === person.managerId) return;
        // The former manager presses the button that they still see.
        const open = await stores.requests.list(
          { state: 'open', personIds: [person.id] },
          { offset: 0, limit: 20 },
        );
        for (const { id } of open.requests) await decide(id, before.managerId);
        return;
      }
      case 'break-glass':
        return event.isReview ? soon(1, 30, () => review(event.request.id)) : undefined;
      case 'task-opened':
        return soon(1, 90, () => doTask(event.task.id));
      case 'import-held': {
        held += 1;
        const readOn = now().toISOString().slice(0, 10);
        return soon(1, 40, () => decideImport(event.run.id, readOn));
      }
      case 'rehire-found':
        return soon(1, 40, () => bringBack(event.personId));
      case 'rule-trouble':
        return soon(20, 70, async () => {
          await readdress(event.trouble);
          await transact((tx) => retryTrouble(tx, event.trouble, { actor: by(ada) }));
        });
      default:
        return unreachable(event);
    }
  }

  return {
    noteWithin,
    async atOnce(events) {
      for (const event of events) await note(event);
    },
    async planDay(day) {
      const hours = (from: number, to: number, what: () => Promise<unknown>) =>
        soon(from, to, what);
      const size = hr.employees.size;
      diary.push({ at: new Date(`${day}T09:00:00Z`).getTime(), what: () => addTheMissing(day) });
      diary.push({ at: new Date(`${day}T09:00:00Z`).getTime(), what: confirmStuck });
      if (isQuiet()) return;
      hours(8, 18, dropExceptions);
      const requestsADay = Math.min(Math.max(1, size / 250), (size / 250) * pace);
      for (let due = requestsADay * draw() * 2; due >= 1 || draw() < due; due -= 1)
        hours(8, 18, askForSomething);
      if (draw() < Math.min(0.9, size / 400)) hours(8, 18, revokeSomething);
      const often = Math.min(0.9, (size / 400) * pace);
      if (chance('break-glass') < often) hours(0, 23, breakGlass);
      if (chance('away') < often) hours(8, 18, goAway);
      if (chance('give-back') < often / 4) hours(8, 18, giveBack);
      // Each grants and removes for everyone who matches: a large company does it rarely.
      if (draw() < 0.06 * Math.min(1, 100 / size)) hours(8, 18, switchRule);
      if (draw() < 0.04 * Math.min(1, 100 / size)) hours(8, 18, switchApp);
    },
    async act() {
      for (;;) {
        const next = diary
          .filter(({ at }) => at <= now().getTime())
          .toSorted((a, b) => a.at - b.at)[0];
        if (!next) return;
        diary.splice(diary.indexOf(next), 1);
        await next.what();
      }
    },
    counts() {
      const all = [...moves.values()].flat();
      return {
        presses: {
          byKind,
          moves: all.length,
          forMoves: all.reduce((sum, each) => sum + each.presses, 0),
          mostForOne: Math.max(0, ...all.map((each) => each.presses)),
        },
        held,
      };
    },
  };
}
