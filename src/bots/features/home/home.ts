/**
 * Home, by what presses most: what the reader is to approve, do and review, then problems, their reports, their own access,
 * and the buttons. Admins also see what needs attention, who starts and who leaves. Slack shows it in its tab; elsewhere,
 * `home` answers with a live card to pin. Each part shows its count and its first rows, and links to the rest.
 */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { dayIn } from '../../../core/days.ts';
import { t } from '../../../core/translate.ts';
import { seenApps } from '../../../engine/integrations/seen-apps.ts';
import { fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import { titlesOf } from '../../../engine/tasks/task-title.ts';
import { homeTopic } from '../../../engine/work/topics.ts';
import { type Reader, readerOf, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith, showCard } from '../../view/action.ts';
import { type Block, type Card, muted, note, strong } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import type { Home } from '../../view/home.ts';
import { liveCard } from '../../view/live-card.ts';
import { openAccess } from '../access/access-card.ts';
import { whatWords } from '../bundles/bundle-words.ts';
import { openBundleRequest } from '../bundles/open-bundle-request.ts';
import { holdersCount } from '../integrations/integration-facts.ts';
import { openIntegration, turnIntegrationsPage } from '../integrations/integrations-list.ts';
import { openButton } from '../list-card.ts';
import { pickPerson } from '../people/find-person.ts';
import { nameOf } from '../people/person-words.ts';
import { showAbsence } from '../requests/away.ts';
import { turnRequestPage } from '../requests/pick-request.ts';
import { openRequestCard, showRequests } from '../requests/request-list.ts';
import { requestRow } from '../requests/request-row.ts';
import { openOwnReview } from '../reviews/review-card.ts';
import { someNames } from '../some-names.ts';
import { openTask } from '../tasks/open-task.ts';
import { showTasks } from '../tasks/task-list.ts';
import { adminButtons, allElse, comingUp, needingAdmins } from './home-for-admins.ts';
import { everybody, FIRST, part, SHOWN } from './home-part.ts';

/** How many of their own apps are named; *Check now* shows all. */
const NAMED = 10;

/** Home names things that have their own cards, so it is refreshed whenever a card of its reader is. */
export const pinnedHome = liveCard({
  id: 'home',
  payload: z.object({ personId: z.string() }),
  topic: ({ personId }) => homeTopic(personId),
  copies: 'follow',

  async render(_payload, context: Reader): Promise<Card> {
    if (!context.reader.active)
      return note(t`This was your Home`, t`Only people who work here have one.`);
    const { blocks, keptAtEnd = 0, ...card } = await homeCard(context);
    return { ...card, blocks: [...blocks, pinIt()], keptAtEnd: keptAtEnd + 1 };
  },
});

const pinIt = (): Block =>
  muted(
    t`Pin this message to keep it at hand. It stays up to date while you use it; later, press Refresh.`,
  );

export const refreshHome = buttonAction({
  id: 'home.refresh',
  payload: z.object({}),
  handle: async (_payload, { actor }: Turn): Promise<Reply> =>
    replaceWith(pinnedHome.with({ personId: actor.id })),
});

/** Shows the actor's own access and checks it now. */
export const showOwnAccess = buttonAction({
  id: 'home.access',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => openAccess(turn.actor, turn),
});

export const openHome = async ({ actor }: Turn): Promise<Reply> =>
  showCard(pinnedHome.with({ personId: actor.id }));

/** For platforms with a tab for Home. */
export const home: Home<Turn> = {
  card: (turn) => homeCard(readerOf(turn)),
  again: refreshHome.with({}),
};

async function homeCard(context: Reader): Promise<Card> {
  const { reader, stores } = context;
  const actor = (await stores.people.find(reader.id)) ?? reader;
  const parts = [
    await toApprove(actor, context),
    await tasksOf(actor, context),
    await toReview(actor, context),
    await overdueOf(actor, context),
    ...(isAdmin(actor) ? await needingAdmins(context) : []),
    await reportsOf(actor, context),
    await ownedBy(actor, context),
    ...(isAdmin(actor) ? await comingUp(context) : []),
    await ownAccess(actor, context),
  ];
  const ways: readonly Block[] = compact([
    { kind: 'divider' },
    {
      kind: 'buttons',
      allShown: true,
      buttons: compact([
        {
          label: t`Request access…`,
          tone: 'primary',
          does: turnRequestPage.with({ search: '', page: 0 }),
        },
        { label: t`Refresh`, does: refreshHome.with({}) },
        { label: t`While I'm away`, does: showAbsence.with({}) },
        !maySeeSetUp(actor) && allElse(),
      ]),
    },
    maySeeSetUp(actor) && adminButtons(),
  ]);
  return {
    title: actor.firstName ? t`Hello ${actor.firstName}` : t`Hello`,
    blocks: [...withoutFirstDivider(parts.flat()), ...ways],
    keptAtEnd: ways.length,
  };
}

/** The first part follows the title, which needs no line below. */
const withoutFirstDivider = ([first, ...rest]: readonly Block[]): readonly Block[] =>
  first === undefined || first.kind === 'divider' ? rest : [first, ...rest];

async function toApprove({ id }: Person, context: Reader): Promise<Block[]> {
  const { requests, total } = await context.stores.requests.list(
    { state: 'open', waitsForId: id, oneABundle: true },
    FIRST,
  );
  const rows = await Promise.all(
    requests.map((request) =>
      requestRow(
        request,
        { label: t`View`, does: openRequestCard.with({ requestId: request.id }) },
        context,
      ),
    ),
  );
  return part(t`Needs your approval`, {
    rows,
    total,
    rest: {
      label: t`View all`,
      about: t`View all: needs your approval`,
      does: showRequests.with({ scope: 'to-decide', page: 0 }),
    },
  });
}

async function toReview({ id }: Person, context: Reader): Promise<Block[]> {
  const waiting = await context.stores.reviews.waitingFor(id);
  const rows = waiting.slice(0, SHOWN).map(({ review, open }) => ({
    text: t`${review.name}: ${open} to review by ${showDay(review.dueDate)}`,
    button: {
      label: t`Review…`,
      about: t`Review: ${review.name}`,
      does: openOwnReview.with({ reviewId: review.id }),
    },
  }));
  return part(t`Access reviews`, { rows, total: waiting.length, rest: everybody() });
}

async function tasksOf(actor: Person, { stores }: Reader): Promise<Block[]> {
  const { tasks, total } = await stores.tasks.list(
    {
      state: 'open',
      assigneeId: actor.id,
      unassigned: isAdmin(actor) ? true : undefined,
    },
    FIRST,
  );
  const titleOf = await titlesOf(tasks, stores);
  const rows = tasks.map((task) => ({
    text: titleOf(task),
    button: openButton(titleOf(task), openTask.with({ taskId: task.id })),
  }));
  return part(t`Your tasks`, {
    rows,
    total,
    rest: {
      label: t`View all`,
      about: t`View all: your tasks`,
      does: showTasks.with({ scope: 'mine', page: 0 }),
    },
  });
}

/** Overdue tasks about their reports, of other assignees. */
async function overdueOf(actor: Person, context: Reader): Promise<Block[]> {
  const { stores, timeZone, now } = context;
  const { tasks, total } = await stores.tasks.list(
    {
      state: 'open',
      managerId: actor.id,
      notAssigneeId: actor.id,
      dueBefore: dayIn(timeZone, now()),
    },
    FIRST,
  );
  const doers = await stores.people.findMany(tasks.flatMap(({ assigneeId }) => assigneeId ?? []));
  const rows = tasks.map(({ id: taskId, title, assigneeId, dueDate = '' }) => {
    const doer = doers.find(({ id }) => id === assigneeId);
    return {
      text: t`${title} · ${doer ? nameOf(doer) : t`any admin`} · was due on ${showDay(dueDate)}`,
      button: openButton(title, openTask.with({ taskId })),
    };
  });
  return part(t`Overdue tasks about your reports`, {
    rows,
    total,
    rest: {
      label: t`View all`,
      about: t`View all: your reports' tasks`,
      does: showTasks.with({ scope: 'reports', page: 0 }),
    },
  });
}

async function ownAccess(actor: Person, context: Reader): Promise<Block[]> {
  const { stores } = context;
  const [known, integrations, mine] = await Promise.all([
    stores.access.forPerson(actor.id),
    stores.integrations.list(),
    stores.requests.list({ requestedById: actor.id, state: 'open', oneABundle: true }, FIRST),
  ]);
  const names = integrations
    .filter(({ id }) => known.some((each) => each.integrationId === id && each.state === 'has'))
    .map(labelOf);
  const waiting = await Promise.all(
    mine.requests.map(async ({ id, integrationId, bundleRequestId }) => {
      const bundle = bundleRequestId && (await stores.bundleRequests.find(bundleRequestId));
      const integration = await stores.integrations.find(integrationId);
      const what = bundle
        ? await whatWords(bundle.of, stores)
        : integration
          ? labelOf(integration)
          : t`something`;
      return {
        text: t`${what} is waiting for approval`,
        button: {
          label: t`Open`,
          about: t`Open: ${what}`,
          does: bundle
            ? openBundleRequest.with({ bundleRequestId: bundle.id })
            : openRequestCard.with({ requestId: id }),
        },
      };
    }),
  );
  return [
    { kind: 'divider' },
    {
      kind: 'row',
      text: [strong(t`Your access`)],
      detail: [names.length === 0 ? t`No access on record.` : `${someNames(names, NAMED)}.`],
      buttons: [
        { label: t`Check now`, about: t`Check your access now`, does: showOwnAccess.with({}) },
      ],
    },
    ...part(t`Your requests`, {
      rows: waiting,
      total: mine.total,
      rest: {
        label: t`View all`,
        about: t`View all: your requests`,
        does: showRequests.with({ scope: 'mine', page: 0 }),
      },
    }),
  ];
}

async function reportsOf({ id }: Person, { stores }: Reader): Promise<Block[]> {
  const { people, total } = await stores.people.reports(id, FIRST);
  const rows = people.map((person) => ({
    text: [
      fullName(person),
      person.position,
      person.endDate && t`last day ${showDay(person.endDate)}`,
    ]
      .filter(Boolean)
      .join(' · '),
    button: {
      label: t`Access`,
      about: t`Access of ${fullName(person)}`,
      does: pickPerson.with({ personId: person.id, purpose: 'access' }),
    },
  }));
  return part(t`Your reports`, { rows, total, rest: everybody() });
}

/** The apps that they own. Admins and auditors have the list of all. */
async function ownedBy(actor: Person, { stores }: Reader): Promise<Block[]> {
  if (maySeeSetUp(actor)) return [];
  const owned = await seenApps(stores, actor);
  const rows = await Promise.all(
    owned.slice(0, SHOWN).map(async (app) => ({
      text: t`${labelOf(app)} · has access: ${await holdersCount(app, stores)}`,
      button: openButton(labelOf(app), openIntegration.with({ integrationId: app.id })),
    })),
  );
  return part(t`Apps that you own`, {
    rows,
    total: owned.length,
    rest: {
      label: t`View all`,
      about: t`View all: apps that you own`,
      does: turnIntegrationsPage.with({ page: 0, text: '' }),
    },
  });
}
