/**
 * Home: what the actor has and waits for, what waits for them, their reports; for admins what needs attention. Slack shows
 * it in its tab, Teams as the answer to `home`. Each part says how many there are, shows the first and leads to the rest.
 */
import { z } from 'zod';
import { addDays, dayIn } from '../../engine/days.ts';
import { fullName, labelOf, type Person } from '../../engine/directory.ts';
import { stateOf } from '../../engine/integration-state.ts';
import { isAdmin } from '../../engine/permission.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import type { Block, Button, Card } from '../view/card.ts';
import type { Home } from '../view/home.ts';
import { openAccess } from './access-card.ts';
import { pickPerson } from './choose-person.ts';
import type { Turn } from './context.ts';
import { showDay } from './dates.ts';
import { openIntegration } from './integrations-list.ts';
import { openPerson } from './open-person.ts';
import { openTask } from './open-task.ts';
import { turnRequestPage } from './request-access.ts';
import { openRequestCard, showRequests } from './request-list.ts';
import { openRun } from './run-history.ts';

/** Of each part; a Slack Home has a hundred blocks. */
const SHOWN = 5;
/** How far Home looks ahead for starts and ends. */
const AHEAD_DAYS = 14;

export const refreshHome = buttonAction({
  id: 'home.refresh',
  payload: z.object({}),
  handle: async (_payload, turn: Turn): Promise<Reply> => ({
    kind: 'replace',
    card: await homeCard(turn),
  }),
});

/** What one has oneself, asked now. */
export const showOwnAccess = buttonAction({
  id: 'home.access',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => openAccess(turn.actor, turn),
});

export const openHome = async (turn: Turn): Promise<Reply> => ({
  kind: 'say',
  to: 'person',
  card: await homeCard(turn),
});

/** For platforms that have a place of its own for it. */
export const home: Home<Turn> = {
  card: homeCard,
  again: refreshHome.with({}),
};

export async function homeCard(turn: Turn): Promise<Card> {
  const actor = (await turn.stores.people.find(turn.actor.id)) ?? turn.actor;
  const parts = [
    await toDecide(actor, turn),
    await tasksOf(actor, turn),
    await ownAccess(actor, turn),
    await reportsOf(actor, turn),
    ...(isAdmin(actor) ? await forAdmins(turn) : []),
  ];
  return {
    title: actor.firstName ? `Hello ${actor.firstName}` : 'Hello',
    blocks: [
      ...parts.flat(),
      {
        kind: 'buttons',
        buttons: [
          {
            label: 'Ask for access…',
            tone: 'primary',
            does: turnRequestPage.with({ search: '', page: 0 }),
          },
          { label: 'Look again', does: refreshHome.with({}) },
        ],
      },
    ],
  };
}

/** A part: its heading, rows with a button each, and how many more there are. Empty parts are left out. */
function part(
  heading: string,
  rows: readonly { readonly text: string; readonly button?: Button }[],
  total: number,
  rest?: Button,
): Block[] {
  if (total === 0) return [];
  const more = total - rows.length;
  return [
    { kind: 'divider' },
    { kind: 'text', text: [{ kind: 'strong', text: `${heading} (${total})` }] },
    ...rows.flatMap(({ text, button }): Block[] => [
      { kind: 'text', text: [text] },
      ...(button ? [{ kind: 'buttons' as const, buttons: [button] }] : []),
    ]),
    ...(more > 0 && rest ? [{ kind: 'buttons' as const, buttons: [rest] }] : []),
  ];
}

const FIRST = { offset: 0, limit: SHOWN };

async function toDecide({ id }: Person, { stores }: Turn): Promise<Block[]> {
  const { requests, total } = await stores.requests.list({ state: 'open', approverId: id }, FIRST);
  const rows = await Promise.all(
    requests.map(async (request) => {
      const [person, integration] = await Promise.all([
        stores.people.find(request.personId),
        stores.integrations.find(request.integrationId),
      ]);
      const what = `${person ? fullName(person) : 'Somebody'} asks for ${integration ? labelOf(integration) : 'something'}`;
      return {
        text: what,
        button: {
          label: 'Decide…',
          about: `Decide: ${what}`,
          does: openRequestCard.with({ requestId: request.id }),
        },
      };
    }),
  );
  return part('Waiting for your decision', rows, total, {
    label: 'All of them',
    does: showRequests.with({ scope: 'to-decide', page: 0 }),
  });
}

async function tasksOf({ id }: Person, { stores }: Turn): Promise<Block[]> {
  const { tasks, total } = await stores.tasks.list({ state: 'open', assigneeId: id }, FIRST);
  const rows = tasks.map((task) => ({
    text: task.title,
    button: {
      label: 'Open',
      about: `Open: ${task.title}`,
      does: openTask.with({ taskId: task.id }),
    },
  }));
  return part('Your tasks', rows, total);
}

async function ownAccess(actor: Person, turn: Turn): Promise<Block[]> {
  const { stores } = turn;
  const [known, integrations, mine] = await Promise.all([
    stores.access.forPerson(actor.id),
    stores.integrations.list(),
    stores.requests.list({ requestedById: actor.id, state: 'open' }, FIRST),
  ]);
  const names = integrations
    .filter(({ id }) => known.some((each) => each.integrationId === id && each.state === 'has'))
    .map(labelOf);
  const waiting = await Promise.all(
    mine.requests.map(async ({ id, integrationId }) => {
      const integration = await stores.integrations.find(integrationId);
      const what = integration ? labelOf(integration) : 'something';
      return {
        text: `${what} waits for a decision`,
        button: {
          label: 'Open',
          about: `Open: ${what}`,
          does: openRequestCard.with({ requestId: id }),
        },
      };
    }),
  );
  return [
    { kind: 'divider' },
    { kind: 'text', text: [{ kind: 'strong', text: 'Your access' }] },
    {
      kind: 'text',
      text: [names.length === 0 ? 'Nothing that Latchkey knows of.' : `${names.join(', ')}.`],
    },
    { kind: 'buttons', buttons: [{ label: 'Check it now', does: showOwnAccess.with({}) }] },
    ...part('You have asked for', waiting, mine.total, {
      label: 'All of them',
      does: showRequests.with({ scope: 'mine', page: 0 }),
    }),
  ];
}

async function reportsOf({ id }: Person, { stores }: Turn): Promise<Block[]> {
  const reports = await stores.people.reportsOf(id);
  const rows = reports.slice(0, SHOWN).map((person) => ({
    text: [fullName(person), person.position].filter(Boolean).join(' · '),
    button: {
      label: 'Access',
      about: `Access of ${fullName(person)}`,
      does: pickPerson.with({ personId: person.id, purpose: 'access' }),
    },
  }));
  return part('Your reports', rows, reports.length);
}

// ---------------------------------------------------------------- for admins

const forAdmins = async (turn: Turn): Promise<readonly Block[][]> => [
  await failing(turn),
  await broken(turn),
  await starts(turn),
  await ends(turn),
];

async function failing({ stores }: Turn): Promise<Block[]> {
  const { runs, total } = await stores.runs.list({ outcome: 'failed' }, FIRST);
  const rows = await Promise.all(
    runs.map(async (run) => {
      const [person, integration] = await Promise.all([
        stores.people.find(run.personId),
        stores.integrations.find(run.integrationId),
      ]);
      const what = `${integration ? labelOf(integration) : 'Something'} for ${person ? fullName(person) : 'somebody who is gone'}`;
      return {
        text: what,
        button: {
          label: 'Details',
          about: `Details: ${what}`,
          does: openRun.with({ runId: run.id }),
        },
      };
    }),
  );
  return part('Failed runs', rows, total);
}

async function broken({ stores }: Turn): Promise<Block[]> {
  const words: Partial<Record<string, string>> = {
    'needs-secrets': 'needs secrets',
    'needs-connecting': 'needs connecting',
    reconnect: 'has to be connected again',
    unreadable: "has a manifest that can't be read",
  };
  const rows = [];
  for (const integration of await stores.integrations.list()) {
    const { kind } = await stateOf(stores, integration);
    const what = words[kind];
    if (what)
      rows.push({
        text: `${labelOf(integration)} ${what}`,
        button: {
          label: 'Open',
          about: `Open: ${integration.name}`,
          does: openIntegration.with({ integrationId: integration.id }),
        },
      });
  }
  return part('Integrations that need you', rows.slice(0, SHOWN), rows.length);
}

async function starts(turn: Turn): Promise<Block[]> {
  const today = dayIn(turn.installation.timeZone, turn.now());
  const { people, total } = await turn.stores.people.startingBetween(
    today,
    addDays(today, AHEAD_DAYS),
    FIRST,
  );
  return part(
    'Starting soon',
    people.map((person) => ({
      text: `${fullName(person)} on ${showDay(person.startDate ?? today, turn)}`,
      button: {
        label: 'Open',
        about: `Open: ${fullName(person)}`,
        does: openPerson.with({ personId: person.id }),
      },
    })),
    total,
  );
}

async function ends(turn: Turn): Promise<Block[]> {
  const { offboardings, total } = await turn.stores.offboardings.list('planned', FIRST);
  const rows = await Promise.all(
    offboardings.map(async ({ personId, endDate }) => {
      const person = await turn.stores.people.find(personId);
      const name = person ? fullName(person) : 'Somebody who is gone';
      return {
        text: `${name} on ${showDay(endDate, turn)}`,
        button: {
          label: 'Open',
          about: `Open: ${name}`,
          does: pickPerson.with({ personId, purpose: 'offboard' }),
        },
      };
    }),
  );
  return part('Leaving', rows, total);
}
