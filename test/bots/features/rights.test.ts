/**
 * The permission table, held against the whole bot: a small company is played, and then each button that anyone was shown is pressed
 * by someone of each role who manages nobody.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions, mayPress, offeredTo } from '../../../src/bots/features/features.ts';
import type { PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import { type Person, ROLES } from '../../../src/engine/people/directory.ts';
import { playCompany } from '../../support/card-page.ts';
import { textOf } from '../../support/chat.ts';
import { buttonsOf, Clicker } from '../../support/clicks.ts';
import { present } from '../../support/given/outcomes.ts';
import { AT_APP, MAY, OF_ROLES } from './roles-table.ts';

const PLAY_MS = 240_000;

const NEEDED = { ...OF_ROLES, ...AT_APP };
/** What changes something for everyone or at an app, and what only reads it; none of these people owns an app. */
const CHANGES = ['set up', 'change approvers', 'run reviews'] as const;
const READS = ['see the set-up', 'see app'] as const;

type Played = Awaited<ReturnType<typeof playCompany>>;
let played: Played;
const people = new Map<string, Person>();
const forged = new Map<string, ActionCall>();

beforeAll(async () => {
  played = await playCompany();
  for (const role of ROLES) {
    people.set(role, await played.chat.person({ email: `${role}@example.com`, role }));
    await played.chat.turn(`${role}@example.com`); // They are linked when they first write.
  }
  for (const id of [...CHANGES, ...READS].flatMap((right): readonly string[] => NEEDED[right]))
    if (!played.calls.has(id)) forged.set(id, await forge(id));
}, PLAY_MS);
afterAll(() => played.end());

const by = (role: string): Clicker => new Clicker(played.chat, `${role}@example.com`);

test('the tables name each button of the bot once', () => {
  const named = [...Object.values(NEEDED).flat(), ...Object.keys(MAY)];
  expect(named.toSorted()).toEqual(actions.ids.toSorted());
});

test('each action that needs a right of a role says it, by which its button is offered', () => {
  const found = Object.keys(OF_ROLES).map((right) => [right, saying(right)]);
  expect(Object.fromEntries(found)).toEqual(OF_ROLES);
});

test('an action that says a right at an app needs that one', () => {
  const wrong = Object.entries(AT_APP).flatMap(([right, ids]: [string, readonly string[]]) =>
    saying(right).filter((id) => !ids.includes(id)),
  );
  expect(wrong).toEqual([]);
});

const saying = (right: string): readonly string[] =>
  actions.ids.filter((id) => actions.find(id)?.right === right).toSorted();

const roles = ROLES.map((role) => ({ role }));

describe.each(roles.filter(({ role }) => role !== 'admin'))('$role', ({ role }) => {
  test('is refused each button that sets something up, and each form of one', async () => {
    const calls = CHANGES.flatMap(callsOf);
    const before = await tables();
    const taken: string[] = [];
    for (const call of calls) {
      const noted = await refusals();
      const answers = await answersTo(call, role);
      for (const answer of answers) if (!(await isRefusal(answer, role))) taken.push(call.id);
      if ((await refusals()) - noted !== answers.length) taken.push(`${call.id} without a note`);
    }
    expect(taken).toEqual([]);
    expect(await tables()).toEqual(before);
  });

  test('reads how things are set up only as an auditor', async () => {
    const seen: string[] = [];
    const calls = READS.flatMap(callsOf);
    for (const call of calls)
      if (!(await isRefusal(await by(role).press(call), role))) seen.push(call.id);
    expect(seen).toEqual(role === 'auditor' ? calls.map(({ id }) => id) : []);
  });
});

test('an auditor is shown no button that they may not press, nor one that changes an app', async () => {
  const auditor = present(people.get('auditor'));
  const offered: string[] = [];
  for (const call of READS.flatMap(callsOf)) {
    const reply = await by('auditor').press(call);
    if (!('card' in reply)) continue;
    const card =
      'view' in reply.card ? await by('auditor').sees(reply.card) : offeredTo(reply.card, auditor);
    offered.push(...buttonsOf(card).map(({ does }) => does.id));
  }
  expect(offered.length).toBeGreaterThan(5);
  const changing = new Set(CHANGES.flatMap((right): readonly string[] => NEEDED[right]));
  expect(offered.filter((id) => changing.has(id) || !mayPress(auditor, { id }))).toEqual([]);
});

/** One call of each button that needs this right: as it was shown to someone, else forged. */
const callsOf = (right: (typeof CHANGES | typeof READS)[number]): readonly ActionCall[] =>
  NEEDED[right].map((id) => played.calls.get(id) ?? forged.get(id) ?? never(id));

const never = (id: string): never => {
  throw new Error(`No payload was found for ${id}`);
};

const MAX_GUESSES = 20;
const guesses: Readonly<Record<string, unknown>> = {
  string: 'forged',
  number: 0,
  boolean: true,
  array: [],
  object: {},
};

/** What tells the shapes of a payload apart, which its schema doesn't say. */
const KINDS: Readonly<Record<string, string>> = { kind: 'file' };

/** A call with a payload of the right shape: what its schema misses is filled in until it is taken. */
async function forge(id: string): Promise<ActionCall> {
  const action = actions.find(id);
  if (!action) return never(id);
  const payload: Record<string, unknown> = {};
  const opensForm = action.kind === 'form';
  for (let tries = 0; tries < MAX_GUESSES; tries += 1) {
    const call = { id, payload: JSON.stringify(payload), opensForm };
    const issues = await issuesOf(() => by('other').press(call));
    if (issues.length === 0) return call;
    for (const issue of issues) fill(payload, issue);
  }
  return never(id);
}

interface Issue {
  readonly path: readonly string[];
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly errors?: readonly (readonly Issue[])[];
}

async function issuesOf(press: () => Promise<unknown>): Promise<readonly Issue[]> {
  try {
    await press();
    return [];
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly issues?: readonly Issue[] } };
    if (!cause?.issues) throw error;
    return cause.issues;
  }
}

function fill(payload: Record<string, unknown>, { path, expected, values, errors }: Issue): void {
  const [key, ...rest] = path;
  if (errors && errors.length > 0) {
    // The first of the shapes that it may have.
    for (const each of errors[0] ?? []) fill(payload, { ...each, path: [...path, ...each.path] });
  } else if (key !== undefined && rest.length > 0) {
    if (typeof payload[key] !== 'object' || payload[key] === null) payload[key] = {};
    fill(payload[key] as Record<string, unknown>, { path: rest, expected, values });
  } else if (key !== undefined)
    payload[key] = KINDS[key] ?? values?.[0] ?? guesses[expected ?? 'string'];
}

/** The answer to the press, and to its form where that is sent unopened. */
async function answersTo(
  call: ActionCall,
  role: string,
): Promise<readonly (PressReply | SubmitReply)[]> {
  const pressed = await by(role).press(call);
  return call.opensForm ? [pressed, await by(role).answers(call, ANYTHING)] : [pressed];
}

/** Some text in every field. */
const ANYTHING: Readonly<Record<string, string>> = new Proxy({}, { get: () => 'forged' });

const REFUSED = /^You can't |Only Latchkey admins/m;

async function isRefusal(reply: PressReply | SubmitReply, role: string): Promise<boolean> {
  if (reply.kind === 'open') {
    const form = await reply.form;
    return 'refused' in form && REFUSED.test(textOf(form.refused));
  }
  if (!('card' in reply)) return false;
  const card = 'view' in reply.card ? await by(role).sees(reply.card) : reply.card;
  return REFUSED.test(`${card.title}\n${textOf(card)}`);
}

/** In the audit log. Counted by the database, since there are hundreds of them. */
const refusals = async (): Promise<number> => {
  const [counted] = await played.chat.database
    .db('audit_log')
    .where({ what: 'refused' })
    .count({ n: '*' });
  return Number(counted?.['n']);
};

/** What an action may change: every table, but those that note who was refused and what was shown to whom. */
async function tables(): Promise<Readonly<Record<string, unknown>>> {
  const { db } = played.chat.database;
  const names = await db('sqlite_master').where({ type: 'table' }).pluck('name');
  const noted = /^(audit|sqlite_|inbox|messages|form_sessions|conversations)/;
  const kept = names.map(String).filter((name) => !noted.test(name));
  const rows = await Promise.all(kept.map(async (name) => [name, await db(name)] as const));
  return Object.fromEntries(rows);
}
