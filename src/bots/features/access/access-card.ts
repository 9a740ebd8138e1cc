/** A person's access: one row for each integration, updated as checks finish, with the actions that the reader may take. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { byId } from '../../../core/ids.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type AccessRow,
  accessOf,
  mayBeGivenBack,
} from '../../../engine/access/access-overview.ts';
import { queueCheck } from '../../../engine/access/queue-check.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import { mayGrant, mayManage, mayRequestFor, maySee } from '../../../engine/people/permission.ts';
import { whyNotRequest } from '../../../engine/requests/requestable.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { type Reader, readerOf, type Turn } from '../../live/context.ts';
import { ifThatIsWrong } from '../../live/has-left.ts';
import {
  buttonAction,
  type OrRefused,
  type Reply,
  replaceWith,
  showCard,
} from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  note,
  paragraph,
  type ShownCard,
  strong,
} from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { auditRefusal } from '../admins.ts';
import { onPage, pageFoot, pageShown } from '../paging.ts';
import { type FactsOfCard, factRow, factsOfCard } from '../people/fact-row.ts';
import { requestForThem } from '../requests/pick-request.ts';
import { askForAccess } from '../requests/request-access.ts';
import { cancelDeferredRun, cancelRunRetry, retryRunNow } from '../runs/retry-run.ts';
import { openTask } from '../tasks/open-task.ts';
import { type Asker, withoutRight } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { describeRow, grants, type Offer, type RowContext } from './access-row.ts';
import { giveBackButton } from './give-back.ts';
import { grantAccess } from './grant-access.ts';
import { holdStyle } from './hold-words.ts';
import { openRemoval } from './removal-actions.ts';
import { revokeAccess } from './revoke-access.ts';

/** The limit of Slack: a row is three blocks, and a message has fifty. */
const ROWS_A_PAGE = 10;
/** More integrations than a company has. */
const ALL = { offset: 0, limit: 10_000 };

const payload = pageShown.extend({
  personId: z.string(),
  /** When the check was requested, in ms UTC. An older result counts as still being checked. */
  askedAt: z.number(),
  /** One integration that was checked again later than the others. */
  again: z.object({ integrationId: z.string(), askedAt: z.number() }).optional(),
});
type Payload = z.infer<typeof payload>;

export const accessCard = liveCard({
  id: 'access',
  payload,
  topic: ({ personId }) => personTopic(personId),

  async render(asked, context: Reader): Promise<Card> {
    const person = await context.stores.people.find(asked.personId);
    if (person && !person.active && person.id === context.reader.id) return ended();
    if (!person || !maySee(context.reader, person)) return noLonger(context);
    return draw(
      asked,
      { person, all: (await accessOf(context.stores, person, ALL)).rows },
      context,
    );
  },
});

interface Read {
  readonly person: Person;
  /** Of every page. */
  readonly all: readonly AccessRow[];
}

async function draw(asked: Payload, { person, all }: Read, context: Reader): Promise<Card> {
  const { items: rows, ...list } = onPage(all, asked.page, ROWS_A_PAGE);
  // If the page no longer exists, the last one is shown. Nobody requested a check for it, so stored results are shown.
  const shown =
    list.page === asked.page ? asked : { personId: person.id, page: list.page, askedAt: 0 };
  const manager = person.managerId && (await context.stores.people.find(person.managerId));
  const doers = await doersOf(rows, context);
  const style = await holdStyle(
    rows.flatMap(({ holds }) => holds),
    context,
  );
  const known = {
    ...(await factsOfCard(person, context)),
    requested: await requestedBy(person, context),
  };
  const isOwn = person.id === context.reader.id;
  return {
    title: person.active
      ? isOwn
        ? t`Your access`
        : t`Access of ${fullName(person)}`
      : t`Access of ${fullName(person)}, who has left`,
    blocks: compact([
      factList(facts(person, manager || undefined)),
      { kind: 'divider' },
      ...rows.flatMap((row) =>
        renderRow(row, { shown, known, doer: doers.get(row.task?.assigneeId ?? '') }, style),
      ),
      all.length === 0 && nothingYet(),
      ...pageFoot(list, (page) => turnAccessPage.with({ personId: person.id, page })),
      ...requestButton(person, context.reader),
    ]),
  };
}

/** For who may request for them, and grants them nothing: the helpdesk. */
function requestButton(person: Person, reader: Person): Block[] {
  const isTheirs = mayRequestFor(reader, person) && !mayManage(reader, person);
  if (!person.active || person.id === reader.id || !isTheirs) return [];
  const label = t`Request access for ${fullName(person)}…`;
  return [
    { kind: 'divider' },
    ...buttonRow([{ label, does: requestForThem.with({ personId: person.id }) }]),
  ];
}

/** Checks everything on the page again. */
export const checkAgain = buttonAction({
  id: 'access.check',
  payload: payload.extend({ integrationId: z.string() }),
  admit: personToSee,
  refusesInPlace: true,

  async handle({ integrationId, ...shown }, turn) {
    const { personId } = shown;
    await turn.transact((tx) => queueCheck(tx.queue, { personId, integrationId }));
    const again = { integrationId, askedAt: turn.now().getTime() };
    return replaceWith(accessCard.with({ ...shown, again }));
  },
});

export const turnAccessPage = buttonAction({
  id: 'access.page',
  payload: pageShown.extend({ personId: z.string() }),
  admit: personToSee,
  refusesInPlace: true,
  handle: async ({ page }, { person, ...turn }) => replaceWith(await ask(person, page, turn)),
});

async function personToSee(
  { personId }: { readonly personId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly person: Person }>> {
  const person = await turn.stores.people.find(personId);
  if (person && maySee(turn.actor, person)) return { person };
  await auditRefusal(() => t`see this person's access`, turn, { personId });
  return { refused: await noLonger(turn) };
}

/** Shows the card at once and checks every integration on its first page. */
export async function openAccess(person: Person, turn: Turn): Promise<Reply> {
  return showCard(await ask(person, 0, turn));
}

/** Queues the checks of the page, and draws the card from what it has read for that. */
async function ask(person: Person, wanted: number, turn: Turn): Promise<ShownCard> {
  const all = (await accessOf(turn.stores, person, ALL)).rows;
  const { items: rows, page } = onPage(all, wanted, ROWS_A_PAGE);
  const askedAt = turn.now().getTime();
  await turn.transact(async (tx) => {
    for (const { integration, hasExists } of rows)
      if (hasExists)
        await queueCheck(tx.queue, { personId: person.id, integrationId: integration.id });
  });
  const shown = { personId: person.id, page, askedAt };
  return { ...accessCard.with(shown), drawn: await draw(shown, { person, all }, readerOf(turn)) };
}

function facts(person: Person, manager: Person | undefined): Fact[] {
  return compact([
    [t`Email`, sayAddress(person)],
    person.position && [t`Position`, person.position],
    person.department && [t`Department`, person.department],
    [t`Manager`, manager ? fullName(manager) : t`not set`],
    person.startDate && [t`First day`, showDay(person.startDate)],
    person.endDate && !person.active && [t`Last day`, showDay(person.endDate)],
  ]);
}

/** A row's facts, and the integrations whose request by the reader, for themselves, is open. */
type KnownOfCard = FactsOfCard & { readonly requested: ReadonlySet<string> };

async function requestedBy({ id }: Person, { stores, reader }: Reader): Promise<Set<string>> {
  if (id !== reader.id) return new Set();
  const open = { state: 'open', personIds: [id] } as const;
  const { requests } = await stores.requests.list(open, ALL);
  return new Set(requests.map(({ integrationId }) => integrationId));
}

/** Who does the tasks of these rows, by id. */
async function doersOf(
  rows: readonly AccessRow[],
  { stores }: Reader,
): Promise<ReadonlyMap<string, Person>> {
  const ids = rows.flatMap(({ task }) => task?.assigneeId ?? []);
  return byId(await stores.people.findMany(ids));
}

interface OfRow {
  readonly shown: Payload;
  readonly known: KnownOfCard;
  /** Who does its task. */
  readonly doer: Person | undefined;
}

function renderRow(row: AccessRow, { shown, known, doer }: OfRow, context: RowContext): Block[] {
  const { person } = known;
  const asked = factRow(row, known);
  const { line, offers } = describeRow(row, { asked: shown, doer }, context);
  const { reader } = context;
  const isRequested = known.requested.has(row.integration.id);
  const state = [line, asked.line, isRequested ? t`requested, waiting for approval` : '']
    .filter((part) => part !== '')
    .join(' · ');
  const { enabled, deletingSince, name } = row.integration;
  const standing = deletingSince ? t`the app is being deleted` : enabled ? '' : t`turned off`;
  const offered =
    person.active && enabled && mayGrant(reader, person, row.integration)
      ? offers
      : offers.filter((offer) => !grants.includes(offer));
  const managed = mayManage(reader, person) ? offered : [];
  // Their own access they give back, admins too.
  const isOwn = reader.id === person.id;
  const mine: readonly Offer[] =
    isOwn && mayBeGivenBack(row)
      ? [...managed.filter((offer) => offer !== 'revoke'), 'give-back']
      : managed;
  const first = mine.filter((offer) => !inMenu.includes(offer));
  const [shownOffers, others] =
    first.length > 0 ? [first, mine.filter((offer) => inMenu.includes(offer))] : [mine, []];
  return [
    {
      kind: 'row',
      text: [strong(name)],
      detail: [standing ? `${state.replace(/\.$/, '')} · ${standing}` : state],
      buttons: [
        ...asked.buttons,
        ...buttonsFor(shownOffers, row, shown),
        ...(isOwn
          ? requestButtons(row, {
              ...known,
              isOffered: offers.includes('grant') && !offered.includes('grant'),
            })
          : []),
      ],
      more: buttonsFor(others, row, shown),
    },
  ];
}

/** What the reader has not, they request. */
function requestButtons(
  { integration }: AccessRow,
  { person, requested, isOffered }: KnownOfCard & { readonly isOffered: boolean },
): Button[] {
  const { id: integrationId, name } = integration;
  if (requested.has(integrationId))
    return [{ ...wordButton(t`Your requests`, 'requests'), about: t`Your requests: ${name}` }];
  if (!isOffered || whyNotRequest(person, integration) !== undefined) return [];
  return [
    { label: t`Request…`, about: t`Request: ${name}`, does: askForAccess.with({ integrationId }) },
  ];
}

/** Less usual than the others; in the row's menu where it offers something else. */
const inMenu: readonly Offer[] = ['run-again', 'grant-anyway', 'cancel-deferred'];

function buttonsFor(
  offers: readonly Offer[],
  { integration, run, task, removal }: AccessRow,
  shown: Payload,
): Button[] {
  const about = { personId: shown.personId, integrationId: integration.id };
  const buttons = offers.flatMap((offer): Button[] => {
    switch (offer) {
      case 'grant':
        return [{ label: t`Grant…`, does: grantAccess.with(about) }];
      case 'grant-anyway':
        return [{ label: t`Grant anyway…`, does: grantAccess.with(about) }];
      case 'run-again':
        return [{ label: t`Re-grant…`, does: grantAccess.with(about) }];
      case 'revoke':
        return [{ label: t`Revoke…`, does: revokeAccess.with(about) }];
      case 'give-back':
        return [giveBackButton(integration)];
      case 'check-again':
        return [
          {
            label: t`Try again`,
            does: checkAgain.with({ ...shown, integrationId: integration.id }),
          },
        ];
      case 'retry':
        return run
          ? [
              { label: t`Retry now`, does: retryRunNow.with({ runId: run.id }) },
              { label: t`Cancel retry`, does: cancelRunRetry.with({ runId: run.id }) },
            ]
          : [];
      case 'cancel-deferred':
        return run ? [{ label: t`Cancel`, does: cancelDeferredRun.with({ runId: run.id }) }] : [];
      case 'open-task':
        return task ? [{ label: t`Open the task`, does: openTask.with({ taskId: task.id }) }] : [];
      case 'view-removal':
        return removal
          ? [{ label: t`View removal`, does: openRemoval.with({ removalId: removal.id }) }]
          : [];
      default:
        return unreachable(offer);
    }
  });
  return buttons.map((button) => ({
    ...button,
    about: `${button.label.replace(/ ?…$/, '')}: ${integration.name}`, // Every row has a Grant….
  }));
}

const nothingYet = (): Block =>
  paragraph(t`No apps are available yet. An admin can add the first one.`);

/** For the person who has left. */
const ended = (): Card =>
  note(t`Your access has ended`, t`Latchkey removes it from every app.`, ifThatIsWrong());

const noLonger = async (asker: Asker): Promise<Card> =>
  withoutRight(t`You can't see this person's access`, 'see', asker);
