/**
 * A small company in which policies are played. Ben is in Engineering, his manager is Cara, hers is Dan (Sales), his is Eve. Eve and
 * Finn are admins. Gus and Hana are in Legal and own the app. Everyone works in UTC. Monday, 23 November 2026, 09:00.
 */
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import {
  absenceSources,
  endDelegation,
  setDelegate,
} from '../../../src/engine/requests/absences.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { type ChooseDeps, chooseRoute } from '../../../src/engine/requests/choose-route.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { reassignRequest } from '../../../src/engine/requests/reassign-request.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { stuckSource, undecidedSources } from '../../../src/engine/requests/undecided.ts';
import {
  type CaseCondition,
  type Group,
  type Route,
  routeFor,
  type Stage,
  type StageApprovers,
} from '../../../src/engine/settings/route.ts';
import { defaultPolicy, FOR_ROUTE, settingsOf } from '../../../src/engine/settings/settings.ts';
import { present } from '../given/outcomes.ts';

export interface PolicyPlay {
  readonly route: Route;
  readonly steps: readonly { readonly does: string }[];
}

export const NAMES = ['ben', 'cara', 'dan', 'eve', 'finn', 'gus', 'hana'] as const;
const MANAGERS: Readonly<Record<string, string>> = { ben: 'cara', cara: 'dan', dan: 'eve' };
const DEPARTMENTS: Readonly<Record<string, string>> = {
  ben: 'Engineering',
  cara: 'Engineering',
  dan: 'Sales',
  gus: 'Legal',
  hana: 'Legal',
};
export const START = new Date('2026-11-23T09:00:00.000Z');
const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const APP = 'app';
const ON_CALL = 'on-call';

/** `stages [| if conditions: stages]…` */
export function readRoute(rules: string): Route {
  const [first = '', ...cases] = rules.split(' | ');
  return { stages: stagesIn(first), cases: cases.map(caseIn) };
}

const stagesIn = (text: string): Stage[] =>
  text.trim() === 'nobody' ? [] : text.trim().split(' then ').map(stageIn);

/** `2 other of owners or dan`: two people, other ones than before. */
function stageIn(text: string): Stage {
  const [, count, other, who = ''] = /^(?:(\d) )?(other )?(?:of )?(.+)$/.exec(text.trim()) ?? [];
  const words = who.split(' or ');
  const people = words.filter((word) => NAMES.some((name) => name === word));
  const kinds = words.filter((word) => !people.includes(word)).map(kindIn);
  return {
    approvers: [
      ...kinds,
      ...(people.length > 0 ? [{ kind: 'people', personIds: people } as const] : []),
    ],
    approvals: Number(count ?? 1),
    differentPerson: other !== undefined,
  };
}

function kindIn(word: string): StageApprovers {
  switch (word) {
    case 'manager':
    case 'managers-manager':
    case 'owners':
    case 'admins':
      return { kind: word };
    default:
      return { kind: 'group', group: groupOf(word) };
  }
}

const groupOf = (department: string): Group => ({
  matching: 'all',
  conditions: [{ field: 'department', comparison: 'is', not: false, values: [department] }],
});

function caseIn(text: string): Route['cases'][number] {
  const [, conditions = '', stages = ''] = /^if ([^:]+): (.+)$/.exec(text.trim()) ?? [];
  return {
    when: conditions.split(' and ').map((each): CaseCondition => {
      const [what = '', value = ''] = each.split(' is ');
      if (what === 'role')
        return { kind: 'answer', fieldId: 'ROLE', values: [value], label: 'Role', labels: [value] };
      if (each === 'on call') return { kind: 'check', integrationId: ON_CALL };
      return {
        kind: 'person',
        whose: what === 'requester' ? 'requester' : 'person',
        group: groupOf(value),
      };
    }),
    stages: stagesIn(stages),
  };
}

/**
 * Everything is done in one transaction, which is thrown away.
 * @param look after each step: at what became of it
 * @returns what became of each step
 */
export async function play(
  { route, steps }: PolicyPlay,
  transact: UnitOfWork,
  look?: (
    tx: Transaction,
    step: { readonly does: string; readonly became: string; readonly now: Date },
  ) => Promise<void>,
): Promise<readonly string[]> {
  const over = new Error('This company is over');
  let outcomes: readonly string[] = [];
  const work = transact(async (tx) => {
    await furnish(tx, route);
    const company = new Company(tx);
    const said: string[] = [];
    for (const { does } of steps) {
      const became = await company.step(does);
      said.push(became);
      await look?.(tx, { does, became, now: company.now });
    }
    outcomes = said;
    throw over;
  });
  await work.catch((error: unknown) => {
    if (error !== over) throw error;
  });
  return outcomes;
}

async function furnish(tx: Transaction, route: Route): Promise<void> {
  for (const name of NAMES.toReversed())
    await tx.people.insert({
      id: name,
      version: 1,
      email: `${name}@example.com`,
      firstName: name,
      lastName: 'Lee',
      role: name === 'eve' || name === 'finn' ? 'admin' : 'other',
      active: true,
      stored: {},
      department: DEPARTMENTS[name],
      managerId: MANAGERS[name],
    });
  // By hand, so that nothing runs when it is approved.
  await tx.integrations.insert({
    id: APP,
    version: 1,
    name: 'App',
    enabled: true,
    settings: {
      policy: { ...defaultPolicy, ...FOR_ROUTE, route },
      ownerIds: ['gus', 'hana'],
    },
    createdAt: START,
  });
  await tx.integrations.insert({
    id: ON_CALL,
    version: 1,
    name: 'On call',
    enabled: true,
    manifestVersionId: 'on-call-1',
    createdAt: START,
  });
  await tx.integrations.insertVersion({
    id: 'on-call-1',
    integrationId: ON_CALL,
    number: 1,
    manifest: JSON.stringify({
      exists: { url: 'https://on-call.example/?of={{email}}', method: 'GET', expected: 'yes' },
    }),
    savedBy: { kind: 'system' },
    createdAt: START,
  });
}

const DUE = [...undecidedSources, stuckSource, ...absenceSources({ timeZone: 'UTC' })];

class Company {
  readonly #tx: Transaction;
  #now = START;
  #requestId = '';
  /** What the app that knows who is on call does: `yes`, `no`, `down` or `slow`. */
  #onCall: string = 'no';

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  get now(): Date {
    return this.#now;
  }

  /** The transaction at the company's time. */
  get #at(): Transaction {
    return Object.create(this.#tx, { now: { value: this.#now } }) as Transaction;
  }

  async step(does: string): Promise<string> {
    // No two presses come at one moment: the order of presses says which of them a stage needed.
    this.#now = new Date(this.#now.getTime() + SECOND_MS);
    const [who = '', what = '', ...rest] = does.split(' ');
    if (who === 'request') return this.#request(does);
    if (who === '+') return this.#wait(Number(what), 1);
    if (who === '++') return this.#wait(1, Number(what));
    if (what === 'approves' || what === 'denies')
      return this.#press(who, what === 'approves' ? 'approve' : 'deny');
    await this.#change(who, what, rest);
    return this.#standing();
  }

  async #request(does: string): Promise<string> {
    const wordAfter = (word: string, other: string) =>
      new RegExp(`\\b${word} (\\w+)`).exec(does)?.[1] ?? other;
    const by = await this.#person(wordAfter('by', 'ben'));
    const person = await this.#person(wordAfter('for', by.id));
    this.#onCall = wordAfter('on-call', 'no');
    const made = await createRequest(this.#at, {
      actor: { kind: 'person', personId: by.id, via: 'slack' },
      requester: by,
      person,
      integration: await this.#app(),
      insteadOfGrant: true,
      content: { reason: '', form: { ROLE: wordAfter('role', 'viewer') }, answers: [], facts: {} },
    });
    if (made.kind === 'refused') return 'refused';
    this.#requestId = made.request.id;
    await chooseRoute(this.#requestId, this.#deps());
    return this.#standing();
  }

  #deps(): ChooseDeps {
    return {
      stores: this.#tx,
      transact: (work: (tx: Transaction) => Promise<unknown>) => work(this.#at),
      now: () => this.#now,
      tokens: {
        fresh: async (context: unknown) => ({ ok: true, context }),
        renewed: async () => undefined,
      },
      http: {
        send: async () => {
          if (this.#onCall === 'slow') this.#now = new Date(this.#now.getTime() + 6000);
          if (this.#onCall === 'down')
            return { kind: 'failed', code: 'no-connection', message: '' };
          const text = this.#onCall === 'no' ? '"no"' : '"yes"';
          return { kind: 'answer', status: 200, headers: {}, text };
        },
      },
    } as unknown as ChooseDeps;
  }

  async #press(who: string, verdict: 'approve' | 'deny'): Promise<string> {
    const request = await this.#tx.requests.find(this.#requestId);
    if (!request) return 'nothing';
    const said = await decideRequest(this.#at, {
      requestId: request.id,
      verdict,
      rules: rulesKey(request, await this.#app()),
      by: await this.#person(who),
      actor: { kind: 'person', personId: who, via: 'slack' },
    });
    const standing = await this.#standing();
    return said.kind === 'decided' || said.kind === 'counted'
      ? standing
      : `${said.kind}, ${standing}`;
  }

  async #change(who: string, what: string, rest: readonly string[]): Promise<void> {
    const tx = this.#at;
    const [value = ''] = rest.slice(-1);
    if (who === 'owners') {
      const app = await this.#app();
      const ownerIds = [what, ...rest];
      await tx.integrations.save({ ...app, settings: { ...settingsOf(app), ownerIds } });
      return this.#reevaluate({ integrationId: APP });
    }
    if (who === 'policy') {
      const app = await this.#app();
      const route = { cases: [], stages: stagesIn([what, ...rest].join(' ')) };
      const policy = { ...defaultPolicy, ...FOR_ROUTE, route };
      await tx.integrations.save({ ...app, settings: { ...settingsOf(app), policy } });
      return this.#reevaluate({ integrationId: APP });
    }
    const person = await this.#person(who);
    if (what === 'leaves') await tx.people.save({ ...person, active: false });
    else if (what === 'returns') await tx.people.save({ ...person, active: true });
    else if (what === 'becomes')
      await tx.people.save({ ...person, role: value === 'admin' ? 'admin' : 'other' });
    else if (what === 'moves') await tx.people.save({ ...person, department: value });
    else if (what === 'reports')
      await tx.people.save({ ...person, managerId: value === 'nobody' ? undefined : value });
    else if (what === 'is') return this.#absence(person, value);
    else if (what === 'reassigns') return this.#reassign(person, value);
    else throw new Error(`Nobody knows how someone "${what}"`);
    const sameStanding = what === 'moves' || what === 'reports';
    return this.#reevaluate({ personId: who, sameStanding });
  }

  async #absence(person: Person, delegateId: string): Promise<void> {
    const actor = { kind: 'person', personId: person.id, via: 'slack' } as const;
    if (delegateId === 'back') return endDelegation(this.#at, person, actor);
    const days = { from: '2026-11-20', until: '2026-11-30' };
    await setDelegate(this.#at, { personId: person.id, delegateId, ...days }, actor);
  }

  async #reassign(by: Person, toId: string): Promise<void> {
    const wish = { requestId: this.#requestId, toId };
    const actor = { kind: 'person', personId: by.id, via: 'slack' } as const;
    await reassignRequest(this.#at, wish, { by, actor });
  }

  async #reevaluate(changed: Parameters<typeof reevaluateRequests>[0]): Promise<void> {
    await reevaluateRequests(changed, { stores: this.#at, transact: (work) => work(this.#at) });
  }

  /** Of several days at once, too: the worker was down. */
  async #wait(times: number, days: number): Promise<string> {
    for (let time = 0; time < times; time += 1) {
      this.#now = new Date(this.#now.getTime() + days * DAY_MS);
      // Nothing is due for a request that has ended, and most days of ten thousand plays come after its end.
      if ((await this.#tx.requests.find(this.#requestId))?.state !== 'open') break;
      for (const source of DUE)
        for await (const due of source.due(this.#tx, this.#now))
          await source.fire(this.#at, due, this.#now);
    }
    return this.#standing();
  }

  async #standing(): Promise<string> {
    const request = await this.#tx.requests.find(this.#requestId);
    if (!request) return 'nothing';
    if (request.state !== 'open')
      return routeFor(request)?.kind === 'stuck' ? 'stuck' : request.state;
    return (await this.#tx.requests.approvers(request.id)).join(' ') || 'nobody';
  }

  async #person(name: string): Promise<Person> {
    const person = await this.#tx.people.find(name);
    if (!person) throw new Error(`There is no ${name}`);
    return person;
  }

  async #app(): Promise<Integration> {
    return present(await this.#tx.integrations.find(APP));
  }
}
