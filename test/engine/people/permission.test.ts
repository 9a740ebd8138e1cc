import { expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import {
  givesRights,
  may,
  mayAt,
  mayManage,
  maySee,
  type Right,
} from '../../../src/engine/people/permission.ts';

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  version: 1,
  email: `${id}@example.com`,
  firstName: id,
  lastName: '',
  role: 'other',
  active: true,
  stored: {},
  ...more,
});
const grace = person('grace', { managerId: 'mary' });

const actors = [
  ['an admin', person('ada', { role: 'admin' }), true, true],
  ['an admin who has left', person('ada', { role: 'admin', active: false }), false, false],
  ['the own manager', person('mary', { role: 'manager' }), true, true],
  ['the own manager, whatever their role', person('mary'), true, true],
  ['the own manager who has left', person('mary', { active: false }), false, false],
  ["someone else's manager", person('linus', { role: 'manager' }), false, false],
  ['a colleague', person('linus'), false, false],
  ['the buddy', person('buddy'), false, false],
  ['the person', person('grace'), false, true],
  ['the person who has left', person('grace', { active: false }), false, false],
] as const;

test.each(actors)('%s: grants and revokes is $2', (_, actor, manages) => {
  expect(mayManage(actor, grace)).toBe(manages);
});

test.each(actors)('%s: sees the access is $3', (_, actor, __, sees) => {
  expect(maySee(actor, grace)).toBe(sees);
});

test("a manager's manager is not the manager", () => {
  expect(mayManage(person('boss'), grace)).toBe(false);
});

test('nobody manages a person without a manager but an admin', () => {
  expect(mayManage(person('mary', { role: 'manager' }), person('linus'))).toBe(false);
});

/** As in docs/people.md: admin, auditor, helpdesk, their manager, themselves. */
const TABLE: readonly (readonly [Right, string])[] = [
  ['see', 'xxxxx'],
  ['see plans', 'xx.x.'],
  ['retry', 'x.xx.'],
  ['grant', 'x..x.'],
  ['revoke', 'x..x.'],
  ['see the set-up', 'xx...'],
  ['set up', 'x....'],
];

test.each(TABLE)(
  'the right to %s is of admin, auditor, helpdesk, manager, themselves: %s',
  (right, whose) => {
    const asking = [
      person('ada', { role: 'admin' }),
      person('otto', { role: 'auditor' }),
      person('hana', { role: 'helpdesk' }),
      person('mary'),
      grace,
    ];
    expect(asking.map((actor) => (may(actor, right, grace) ? 'x' : '.')).join('')).toBe(whose);
    expect(asking.some((actor) => may({ ...actor, active: false }, right, grace))).toBe(false);
  },
);

test('roles that give rights over others', () => {
  const roles = ['admin', 'auditor', 'helpdesk', 'manager', 'new_hire', 'other'] as const;
  expect(roles.filter((role) => givesRights({ role }))).toEqual(['admin', 'auditor', 'helpdesk']);
});

/** As in docs/people.md: admin, auditor, helpdesk, an owner of the app, an owner of another one. */
const AT_APP: readonly (readonly [Right, string])[] = [
  ['see app', 'xx.x.'],
  ['change approvers', 'x..x.'],
  ['run reviews', 'x..x.'],
  ['review break-glass', 'x..x.'],
  ['set up', 'x....'],
];

test.each(AT_APP)(
  'at an app the right to %s is of admin, auditor, helpdesk, its owner, another owner: %s',
  (right, whose) => {
    const app = { settings: { ownerIds: ['olga'] } };
    const asking = [
      person('ada', { role: 'admin' }),
      person('otto', { role: 'auditor' }),
      person('hana', { role: 'helpdesk' }),
      person('olga'),
      person('linus'),
    ];
    expect(asking.map((actor) => (mayAt(actor, right, app) ? 'x' : '.')).join('')).toBe(whose);
    expect(asking.some((actor) => mayAt({ ...actor, active: false }, right, app))).toBe(false);
    expect(mayAt(person('olga'), right, {})).toBe(false);
  },
);
