/** Rules over the real engine, with apps that remember who has access. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import {
  addItem,
  editRule,
  makeRule,
  turnOff,
  turnOn,
} from '../../../src/engine/rules/change-rule.ts';
import type { Condition } from '../../../src/engine/rules/condition.ts';
import type { Rule, RuleDefinition } from '../../../src/engine/rules/rule.ts';
import type { ChangeResult } from '../../../src/engine/work/change-result.ts';
import { DAY, type TestEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';

export interface RuleLab {
  /** An app that knows who has access there, by email. */
  app(name: string): Promise<LabApp>;
  /** A rule that is on, and evaluated; its overlap is three days. */
  rule(name: string, gives: readonly Integration[], about?: Partial<RuleDefinition>): Promise<Rule>;
  on(rule: Rule): Promise<void>;
  off(rule: Rule): Promise<void>;
  edit(rule: Rule, change: (definition: RuleDefinition) => RuleDefinition): Promise<void>;
  change(person: Person, details: PersonDetails): Promise<void>;
  /** So many days pass, each with its tick. */
  days(count: number): Promise<void>;
  /** Holds of a person that rules have and that last. */
  lasting(person: Person): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface LabApp {
  readonly integration: Integration;
  /** Emails. */
  readonly members: Set<string>;
  /** `POST ann@example.com`, `DELETE …`: what was sent to it. */
  readonly sent: string[];
  /** What it answers to grants, in order; left out: it grants. */
  readonly failures: number[];
  /** While it is down, checks fail. */
  readonly checks: { isDown: boolean; asked: number };
}

export const isInDepartment = (department: string): Condition => ({
  field: 'department',
  comparison: 'is',
  not: false,
  values: [department],
});

export function valueOf<T>(change: ChangeResult<T>): T {
  if (!change.ok) throw new Error(change.why);
  return change.value;
}

export async function ruleLab(engine: TestEngine): Promise<RuleLab> {
  const { actor, transact, stores } = engine;
  const by = { actor };
  const now = async ({ id }: Rule): Promise<Rule> => {
    const rule = await stores.rules.find(id);
    if (!rule) throw new Error(`There is no rule ${id}`);
    return rule;
  };
  const turnItOn = async (rule: Rule): Promise<void> => {
    const { version: seen } = await now(rule);
    valueOf(await transact((tx) => turnOn(tx, rule.id, { ...by, seen })));
    await engine.runJobs();
  };

  const apps = new Map<string, Omit<LabApp, 'integration'>>();
  const server = createServer(({ url = '', method = '' }, response) => {
    const [, name = '', email = ''] = url.split('/').map(decodeURIComponent);
    const app = apps.get(name);
    const end = (status: number, text = '{}') => response.writeHead(status).end(text);
    if (!app) return end(501);
    if (method === 'GET') {
      app.checks.asked += 1;
      if (app.checks.isDown) return end(501);
      return app.members.has(email) ? end(200, JSON.stringify({ email })) : end(404);
    }
    app.sent.push(`${method} ${email}`);
    const failure = method === 'PUT' ? app.failures.shift() : undefined;
    if (failure !== undefined) return end(failure);
    if (method === 'PUT') app.members.add(email);
    else app.members.delete(email);
    return end(200);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    async app(name) {
      const checks = { isDown: false, asked: 0 };
      const app = { members: new Set<string>(), sent: [], failures: [], checks };
      apps.set(name, app);
      const url = `${address}/${name}/{{email}}`;
      const integration = await engine.integration(
        {
          exists: { url, method: 'GET', expected: '{{email}}', fail_when_4xx_response_code: false },
          execute: [{ url, method: 'PUT' }],
          revoke: [{ url, method: 'DELETE' }],
        },
        {},
        name,
      );
      return { integration, ...app };
    },

    async rule(name, gives, about = {}) {
      const definition: Omit<RuleDefinition, 'items'> = {
        matching: 'all',
        conditions: [isInDepartment('Engineering')],
        daysBefore: 0,
        overlapDays: 3,
        ...about,
      };
      const rule = valueOf(await transact((tx) => makeRule(tx, { name, definition }, by)));
      for (const { id: integrationId } of gives)
        valueOf(
          await transact((tx) =>
            addItem(tx, rule.id, { ...by, item: { integrationId, form: {}, answers: [] } }),
          ),
        );
      await turnItOn(rule);
      return now(rule);
    },

    on: turnItOn,

    async off(rule) {
      valueOf(await transact((tx) => turnOff(tx, rule.id, by)));
      await engine.runJobs();
    },

    async edit(rule, change) {
      valueOf(await transact((tx) => editRule(tx, rule.id, { ...by, change })));
      await turnItOn(rule);
    },

    async change({ id }, details) {
      await transact(async (tx) => {
        const person = await tx.people.hold(id);
        if (!person) throw new Error(`There is no person ${id}`);
        ok(await changePerson(tx, person, { ...by, details }));
      });
      await engine.runJobs();
    },

    async days(count) {
      for (let day = 0; day < count; day += 1) await engine.tick(DAY);
      await engine.tick(); // What the last day's jobs have left due.
    },

    async lasting({ id }) {
      const holds = await stores.holds.openOf(id);
      return holds.flatMap(({ ruleId, endsAt, integrationId }) =>
        ruleId === undefined || endsAt ? [] : integrationId,
      );
    },

    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
