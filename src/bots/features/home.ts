/**
 * Home: what the actor has and waits for, what waits for them, their reports; for admins what needs attention. Slack shows
 * it in its tab, Teams as the answer to `home`. Each part says how many there are, shows the first and leads to the rest.
 */
import { z } from 'zod';
import { fullName, labelOf, type Person } from '../../engine/directory.ts';
import { isAdmin } from '../../engine/permission.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import type { Block, Card } from '../view/card.ts';
import type { Home } from '../view/home.ts';
import { openAccess } from './access-card.ts';
import { pickPerson } from './choose-person.ts';
import type { Turn } from './context.ts';
import { showDay } from './dates.ts';
import { forAdmins } from './home-for-admins.ts';
import { everybody, FIRST, part, SHOWN } from './home-part.ts';
import { openTask } from './open-task.ts';
import { turnRequestPage } from './request-access.ts';
import { openRequestCard, showRequests } from './request-list.ts';
import { openOwnReview } from './review-card.ts';
import { showTasks } from './task-list.ts';

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
    await toReview(actor, turn),
    await tasksOf(actor, turn),
    await ownAccess(actor, turn),
    await reportsOf(actor, turn),
    ...(isAdmin(actor) ? await forAdmins(turn) : []),
  ];
  return {
    title: actor.firstName ? `Hello ${actor.firstName}` : 'Hello',
    // The buttons first: whatever else doesn't fit a platform, they do.
    blocks: [
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
      ...parts.flat(),
    ],
  };
}

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
    about: 'All of them: waiting for your decision',
    does: showRequests.with({ scope: 'to-decide', page: 0 }),
  });
}

async function toReview({ id }: Person, turn: Turn): Promise<Block[]> {
  const waiting = await turn.stores.reviews.waitingFor(id);
  const rows = waiting.slice(0, SHOWN).map(({ review, open }) => ({
    text: `${review.name}: ${open} to decide by ${showDay(review.dueDate, turn)}`,
    button: {
      label: 'Review…',
      about: `Review: ${review.name}`,
      does: openOwnReview.with({ reviewId: review.id }),
    },
  }));
  return part('Access reviews', rows, waiting.length, everybody);
}

async function tasksOf(actor: Person, { stores }: Turn): Promise<Block[]> {
  const { tasks, total } = await stores.tasks.list(
    {
      state: 'open',
      assigneeId: actor.id,
      ...(isAdmin(actor) && { unassigned: true as const }),
    },
    FIRST,
  );
  const rows = tasks.map((task) => ({
    text: task.title,
    button: {
      label: 'Open',
      about: `Open: ${task.title}`,
      does: openTask.with({ taskId: task.id }),
    },
  }));
  return part('Your tasks', rows, total, {
    label: 'All of them',
    about: 'All of them: your tasks',
    does: showTasks.with({ scope: 'mine', page: 0 }),
  });
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
      about: 'All of them: what you have asked for',
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
  return part('Your reports', rows, reports.length, everybody);
}
