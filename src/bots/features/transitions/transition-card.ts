/** One person's move or first day: what changed, and what they gain, lose and keep by it, until all of that is proven. */
import { compact } from '../../../core/compact.ts';
import { byId } from '../../../core/ids.ts';
import { listed } from '../../../core/listed.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { mayGrant, mayManage, maySeePlans } from '../../../engine/people/permission.ts';
import { endsByMove } from '../../../engine/transitions/decide.ts';
import { isStillHeld, type ReportRow, reportOf } from '../../../engine/transitions/report.ts';
import { isCurrent, type Transition } from '../../../engine/transitions/transition.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  factList,
  muted,
  paragraph,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { holdStyle } from '../access/hold-words.ts';
import { viewRemoval } from '../access/removal-actions.ts';
import { listRow } from '../list-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { turnPage } from '../paging.ts';
import { accessButton } from '../people/find-person.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { openTask } from '../tasks/open-task.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { maySeeChange } from './current-change.ts';
import { endItNow, keepItLonger } from './decide-row.ts';
import { headingOf, nameOf, pagedRows } from './sections.ts';
import { type TransitionShown, transitionPayload, transitionRefs } from './transition-ref.ts';
import {
  changedFacts,
  fieldsForFormer,
  formerLine,
  type RowStyle,
  rowLine,
  standingOf,
  titleOf,
} from './transition-words.ts';

/** How many of the person's last sequences and open requests are read. */
const LOOKED_AT = { offset: 0, limit: 20 };

export const transitionCard = liveCard({
  ...transitionRefs,

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const transition = await stores.transitions.find(shown.transitionId);
    const person = transition && (await stores.people.find(transition.personId));
    if (!transition || !person) return noLongerExists();
    if (!maySeeChange(reader, person, transition))
      return withoutRight(t`You can't see this any more`, 'see plans', context);
    const head = await headOf(transition, person, context);
    const card = maySeePlans(reader, person)
      ? await forManagers({ transition, person, shown }, context)
      : await forFormer({ transition, person, shown }, context);
    const title = titleOf(transition, person);
    return isCurrent(transition)
      ? { title, blocks: [...head, ...card] }
      : { title, blocks: [...head, ...card], isFinal: true };
  },
});

export const turnTransitionPage = turnPage(
  { id: 'transition.page', payload: transitionPayload },
  transitionCard,
);

interface Drawn {
  readonly transition: Transition;
  readonly person: Person;
  readonly shown: TransitionShown;
}

async function headOf(
  transition: Transition,
  person: Person,
  context: Reader,
): Promise<readonly Block[]> {
  const isTheirs = maySeePlans(context.reader, person);
  const open = isCurrent(transition) ? fieldsForFormer(transition) : [];
  const facts = await changedFacts(isTheirs ? transition.fields : open, context.stores);
  return compact([
    paragraph(standingOf(transition, person, context)),
    facts.length > 0 && factList(facts),
  ]);
}

async function forManagers(
  { transition, person, shown }: Drawn,
  context: Reader,
): Promise<readonly Block[]> {
  // Of someone who has left, the items say nothing true any more.
  const hasLeft = transition.state === 'replaced';
  const rows = hasLeft ? [] : await reportOf(context.stores, transition, person);
  const style = await styleOf(rows, context);
  const to = (page: number) => turnTransitionPage.with({ ...shown, page });
  return [
    ...(await pagedRows(rows, { page: shown.page, to }, async (row, before) =>
      compact([
        before?.part !== row.part && headingOf(row.part),
        ...listRow(
          nameOf(row),
          await rowLine(row, style),
          ...buttonsOf(row, { transition, person }, context.reader),
        ),
      ]),
    )),
    ...(transition.kind === 'joiner' && isCurrent(transition)
      ? await ofFirstDay(transition, context)
      : []),
    ...buttonRow([accessButton(person)]),
  ];
}

/** The names of apps and when each ends, and nothing of how far it is, why, or by whom. Nothing any more when it is done. */
async function forFormer(
  { transition, person, shown }: Drawn,
  context: Reader,
): Promise<readonly Block[]> {
  if (!isCurrent(transition)) return [];
  const rows = await reportOf(context.stores, transition, person);
  const to = (page: number) => turnTransitionPage.with({ ...shown, page });
  return [
    ...(await pagedRows(rows, { page: shown.page, to }, (row, before) =>
      compact([
        before?.part !== row.part && headingOf(row.part),
        ...listRow(nameOf(row), formerLine(row, context)),
      ]),
    )),
    muted(t`You're no longer their manager, so you can't change anything here.`),
  ];
}

async function styleOf(rows: readonly ReportRow[], context: Reader): Promise<RowStyle> {
  const style = await holdStyle(
    rows.flatMap(({ now }) => now?.holds ?? []),
    context,
  );
  const ids = rows.flatMap(({ now }) => now?.task?.assigneeId ?? []);
  return { ...style, doers: byId(await context.stores.people.findMany(ids)) };
}

function buttonsOf(
  row: ReportRow,
  { transition: { id: transitionId }, person }: Pick<Drawn, 'transition' | 'person'>,
  reader: Person,
): readonly Button[] {
  const { now, integration, integrationId, item } = row;
  if (!now || !integration) return [];
  const name = integration.name;
  if (now.task && now.task.kind !== 'other')
    return [
      {
        label: t`Open the task`,
        about: t`Open the task: ${name}`,
        does: openTask.with({ taskId: now.task.id }),
      },
    ];
  if (now.removal) return [viewRemoval(now.removal.id, name)];
  if (!isStillHeld(row) || !mayManage(reader, person)) return [];
  const target = { transitionId, personId: person.id, integrationId };
  const maySave = integration.enabled && mayGrant(reader, person, integration);
  const mayEnd = item !== undefined && now.holds.some((hold) => endsByMove(hold, item));
  return compact([
    maySave && {
      label: t`Keep longer…`,
      about: t`Keep longer: ${name}`,
      does: keepItLonger.with(target),
    },
    mayEnd && {
      label: t`End now`,
      about: t`End now: ${name}`,
      tone: 'danger',
      does: endItNow.with(target),
    },
  ]);
}

/** What a new hire waits for beside what they have: requests that nobody has decided, and sequences. */
async function ofFirstDay(
  { personId, beganAt }: Transition,
  { stores }: Reader,
): Promise<readonly Block[]> {
  const { requests } = await stores.requests.list(
    { state: 'open', personIds: [personId] },
    LOOKED_AT,
  );
  const apps = await stores.integrations.findMany(requests.map((each) => each.integrationId));
  const assigned = await stores.assignments.ofPerson(personId, LOOKED_AT);
  // What ended before is of an earlier employment.
  const assignments = assigned.assignments.filter(
    ({ endedAt }) => !endedAt || endedAt.getTime() >= beganAt.getTime(),
  );
  const sequences = await Promise.all(
    assignments
      .filter(({ endedAt }) => !endedAt)
      .map(({ sequenceId }) => stores.sequences.find(sequenceId)),
  );
  const names = sequences.flatMap((each) => (each?.anchor === 'start-date' ? each.name : []));
  const items = await Promise.all(
    assignments.map(({ id }) => stores.plannedItems.ofAssignment(id)),
  );
  const stuck = items.flat().filter(({ state }) => state === 'past' || state === 'failed').length;
  return compact([
    apps.length > 0 &&
      paragraph(
        t`Requested and waiting for approval: ${listed(
          apps.map((integration) => nameOf({ integration })),
          'and',
        )}.`,
      ),
    names.length > 0 && paragraph(t`Sequences of their first days: ${listed(names, 'and')}.`),
    stuck > 0 && paragraph(stuckWords(stuck)),
    ...(names.length > 0 || stuck > 0
      ? buttonRow([{ label: t`Timeline`, does: openTimeline.with({ personId }) }])
      : []),
  ]);
}

/** Nothing more comes of them until someone presses a button there. */
const stuckWords = (count: number): string =>
  plural(count, {
    one: t`⚠ 1 item is overdue, or couldn't begin. The timeline shows which.`,
    other: t`⚠ ${sayNumber(count)} items are overdue, or couldn't begin. The timeline shows which.`,
  });
