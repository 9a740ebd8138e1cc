/** The done and planned items of one person's sequences, in the order of their times. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Delivery } from '../../../engine/messages/delivery.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { maySeePlans } from '../../../engine/people/permission.ts';
import type { Page } from '../../../engine/ports/store.ts';
import { isUnknown, type Run, type RunIn } from '../../../engine/runs/run.ts';
import { asksForCode, mayDecide } from '../../../engine/sequences/decide-item.ts';
import { isPending, lateness } from '../../../engine/sequences/planned-item.ts';
import { type TimelineEntry, timelineOf } from '../../../engine/sequences/timeline.ts';
import { timingWords } from '../../../engine/sequences/timing-words.ts';
import type { Task } from '../../../engine/tasks/task.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  strong,
} from '../../view/card.ts';
import { type DateStyle, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { openRemoval } from '../access/removal-actions.ts';
import { removalLine } from '../access/removal-words.ts';
import { waitWords } from '../access/wait-words.ts';
import { deliveryLine } from '../messages/delivery-words.ts';
import { sendAgainButtons } from '../messages/send-text-again.ts';
import { pageButtons, readPage, turnPage, withPage } from '../paging.ts';
import { openRun } from '../runs/run-history.ts';
import { openTask } from '../tasks/open-task.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { answerFacts } from './answer-facts.ts';
import { runPlannedNow, runWithCodeButton, skipPlanned } from './decide-item.ts';
import { countItems, effectWords } from './sequence-words.ts';
import { timelinePayload, timelineRefs } from './timeline-ref.ts';

/** An entry is at most five blocks, and a Slack message has fifty. */
const ENTRIES = 9;

export const timelineCard = liveCard({
  ...timelineRefs,

  async render({ personId, page }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const person = await stores.people.find(personId);
    if (!person)
      return note(t`This person no longer exists`, t`They are no longer in the directory.`);
    if (!maySeePlans(reader, person))
      return withoutRight(t`You can't see this timeline any more`, 'see plans', context);
    const style = styleFor(person, context);
    const read = async (at: Page) => {
      const { entries: items, total } = await timelineOf(stores, person, at);
      return { items, total };
    };
    const found = await readPage(page, read, ENTRIES);
    const rows: Block[] = [];
    for (const entry of found.items) rows.push(...(await rowOf(entry, { person, style }, context)));
    return {
      title: t`Timeline of ${fullName(person)}`,
      blocks: [
        muted(
          found.total === 0
            ? t`No sequences assigned.`
            : `${withPage(countItems(found.total), found)}. ${whoseTimes(person, style)}`,
        ),
        ...rows,
        ...buttonRow(pageButtons(found, (to) => turnTimelinePage.with({ personId, page: to }))),
      ],
    };
  },
});

export const turnTimelinePage = turnPage(
  { id: 'timeline.page', payload: timelinePayload },
  timelineCard,
);

/** Times are in the person's time zone, for every reader. */
const styleFor = ({ timeZone }: Person, { scheduleZone }: Reader): DateStyle => ({
  timeZone: timeZone ?? scheduleZone,
});

function whoseTimes({ timeZone, firstName }: Person, style: DateStyle): string {
  if (timeZone)
    return firstName === ''
      ? t`Times are in the person's time zone: ${timeZone}.`
      : t`Times are in ${firstName}'s time zone: ${timeZone}.`;
  return firstName === ''
    ? t`Times are in ${style.timeZone}, because the person's time zone isn't known.`
    : t`Times are in ${style.timeZone}, because ${firstName}'s time zone isn't known.`;
}

async function rowOf(
  entry: TimelineEntry,
  { person, style }: { readonly person: Person; readonly style: DateStyle },
  context: Reader,
): Promise<readonly Block[]> {
  const { stores, reader } = context;
  const what = await effectWords(entry.does, stores);
  const decides = await mayDecide(reader, { item: entry.item, person }, stores);
  const removal = entry.removal && (await removalLine(entry.removal, { ...context, ...style }));
  const waits = entry.run?.state === 'deferred' ? await waitWords(entry.run, stores) : undefined;
  const buttons = [
    ...(decides ? decideButtons(entry, await asksForCode(entry.item, stores)) : []),
    ...(entry.delivery ? await sendAgainButtons(entry.delivery, context) : []),
    ...detailsButton(entry),
  ];
  const state = standing(entry, { decides, waits }, style);
  const result = entry.delivery && deliveryLine(entry.delivery, style);
  const isSent = entry.delivery?.state === 'sent';
  const lines = compact([
    isSent && result, // It says when, and has its own mark, as the line of a removal has.
    isSent ? state : `${removal === undefined ? signOf(entry) : `${removal} ·`} ${state}`,
    `${entry.sequence.name} · ${timingWords(entry.item.timing, entry.sequence.anchor)}`,
    entry.waitsFor !== undefined && t`Only after this task is done: ${entry.waitsFor}`,
    entry.asks.length > 0 && t`? Needs an answer first: ${entry.asks.join(', ')}. Press Answer….`,
    !isSent && result,
  ]);
  return [{ kind: 'row', text: [strong(what)], detail: [lines.join('\n')], buttons }];
}

function decideButtons(
  { planned, asks }: TimelineEntry,
  withCode: Integration | undefined,
): Button[] {
  const target = { plannedId: planned.id };
  if (!isPending(planned)) return [];
  return compact([
    asks.length > 0 && {
      label: t`Answer…`,
      tone: 'primary',
      does: answerFacts.with(target),
    },
    withCode
      ? runWithCodeButton(planned.id)
      : { label: t`Run now`, does: runPlannedNow.with(target) },
    { label: t`Skip…`, does: skipPlanned.with(target) },
  ]);
}

/** Opens what the item started, which shows why it failed and what to do. */
function detailsButton({ run, task, removal }: TimelineEntry): Button[] {
  if (removal)
    return [
      {
        label: t`Details`,
        does: openRemoval.with({ removalId: removal.id }),
      },
    ];
  if (run) return [{ label: t`Details`, does: openRun.with({ runId: run.id }) }];
  if (task)
    return [
      {
        label: t`Open task`,
        does: openTask.with({ taskId: task.id }),
      },
    ];
  return [];
}

const signs = {
  planned: '○',
  past: '‖',
  waiting: '…',
  fired: '✓',
  failed: '⚠',
  skipped: '↷',
  cancelled: '✗',
} as const;
function signOf({ planned: { state }, run, removal, delivery }: TimelineEntry): string {
  if (state !== 'fired') return signs[state];
  const isStuck = removal?.state === 'stuck' || (run && wasRefused(run));
  if (hasFailed(run) || hasFailed(delivery) || isStuck) return signs.failed;
  return removal && removal.state !== 'gone' ? signs.waiting : signs[state];
}

/** The run waited behind another one and couldn't start at its turn. */
const wasRefused = (run: Run): run is RunIn<'cancelled'> & { readonly why: string } =>
  run.state === 'cancelled' && run.why !== undefined;

const hasFailed = (what: { readonly state: string } | undefined): boolean =>
  what?.state === 'failed' || what?.state === 'blocked' || what?.state === 'unknown';

interface Reading {
  /** Whether the reader may decide about it. */
  readonly decides: boolean;
  /** What its run is waiting for now. */
  readonly waits: string | undefined;
}

function standing(entry: TimelineEntry, { decides, waits }: Reading, style: DateStyle): string {
  const { planned } = entry;
  const due = planned.dueAt && showTime(planned.dueAt, style);
  switch (planned.state) {
    case 'planned':
      return due ?? t`date not known yet`;
    case 'past':
      return pastWords(due ?? t`immediately`, decides);
    case 'waiting':
      return due === undefined
        ? t`due, waits for the task below`
        : t`due since ${due}, waits for the task below`;
    case 'fired': {
      const why = waits ?? (planned.why && sayStored(planned.why));
      return compact([
        startedWords(entry, planned.endedAt, style),
        lateness(planned) > 0 && due && t`late: was due on ${due}`,
        why,
      ]).join(' · ');
    }
    case 'failed':
      return t`could not start on ${showTime(planned.endedAt, style)}: ${sayStored(planned.why)}`;
    case 'skipped':
      return t`skipped on ${showTime(planned.endedAt, style)}`;
    case 'cancelled':
      return t`cancelled on ${showTime(planned.endedAt, style)}: ${sayStored(planned.why)}`;
    default:
      return unreachable(planned);
  }
}

const pastWords = (due: string, decides: boolean): string =>
  decides ? t`was due ${due}. Run it now, or skip it?` : t`was due ${due}. It waits for an admin.`;

/** @param began when it began */
function startedWords(
  { run, task, removal, delivery }: TimelineEntry,
  began: Date,
  style: DateStyle,
): string {
  const at = showTime(began, style);
  if (removal) return t`removal started on ${at}`;
  if (run && wasRefused(run))
    return t`could not start on ${showTime(run.finishedAt, style)}: ${sayStored(run.why)}`;
  if (run) return isUnknown(run) ? unknownWords(at)[run.state] : runWords(at)[run.state];
  if (task) return taskWords(at)[task.state];
  if (!delivery) return t`done on ${at}`;
  return delivery.state === 'sent' ? '' : deliveryWords(at)[delivery.state];
}

const runWords = (at: string): Readonly<Record<Run['state'], string>> => ({
  queued: t`started on ${at}`,
  running: t`started on ${at}, still running`,
  waiting: t`started on ${at}, waiting for the app`,
  retrying: t`started on ${at}, failed, will be retried`,
  deferred: t`due on ${at}, not started yet`,
  succeeded: t`done on ${at}`,
  failed: t`started on ${at}, failed`,
  blocked: t`started on ${at}, stopped by a condition in its manifest`,
  cancelled: t`started on ${at}, then cancelled`,
});

const unknownWords = (at: string): Readonly<Record<'retrying' | 'failed', string>> => ({
  retrying: t`started on ${at}, not confirmed yet, will be retried`,
  failed: t`started on ${at}, not confirmed`,
});

const taskWords = (at: string): Readonly<Record<Task['state'], string>> => ({
  open: t`assigned on ${at}`,
  done: t`task done, assigned on ${at}`,
  cancelled: t`assigned on ${at}, then cancelled`,
});

/** The line below shows the result. What was sent has only that line. */
const deliveryWords = (
  at: string,
): Readonly<Record<Exclude<Delivery['state'], 'sent'>, string>> => ({
  waiting: t`created on ${at}, not sent yet`,
  sending: t`created on ${at}, on its way`,
  failed: t`created on ${at}, could not be sent`,
  unknown: t`created on ${at}, may have been sent`,
});
