/** An offboarding as it goes: before the last day what will happen, then how far it is, at the end what became of everything. */
import { locale, say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  type Access,
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../engine/directory.ts';
import { type FutureEnd, whatWillEnd } from '../../engine/offboard.ts';
import type { Offboarding, OffboardingItem } from '../../engine/offboarding.ts';
import { isAdmin, mayManage } from '../../engine/permission.ts';
import { listed } from '../../engine/policy-words.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { offboardingSubject } from '../../engine/subjects.ts';
import { buttonAction } from '../view/action.ts';
import { type Block, type Button, note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import { openTimeline } from './assign-sequence.ts';
import type { Reader, Turn } from './context.ts';
import { showDay, showTime } from './dates.ts';
import { exportFile } from './export-file.ts';
import { moveOffboarding, stopOffboarding } from './offboard.ts';
import { OFFBOARDING_CARD, type OffboardingShown, offboardingPayload } from './offboarding-ref.ts';
import { openTask } from './open-task.ts';
import { onPage, pageButtons, pageWords } from './paging.ts';

/** A row is one block or two, and a Slack message has fifty. */
const PAGE = 15;
/** Sequences that somebody was given last. */
const LOOKED_AT = { offset: 0, limit: 20 };

export const offboardingCard = liveCard({
  id: OFFBOARDING_CARD,
  payload: offboardingPayload,
  subject: ({ offboardingId }) => offboardingSubject(offboardingId),

  async render(shown, context: Reader) {
    const { stores, reader } = context;
    const offboarding = await stores.offboardings.find(shown.offboardingId);
    const person = offboarding && (await stores.people.find(offboarding.personId));
    if (!offboarding || !person)
      return note(say`This offboarding is gone`, say`Its person was deleted meanwhile.`);
    if (!mayManage(reader, person))
      return note(
        say`You can't see this offboarding any more`,
        say`Only the manager of this person and Latchkey admins can.`,
      );
    return {
      title: say`Offboarding of ${fullName(person)}`,
      blocks: [
        { kind: 'text', text: [standing(offboarding, context)] },
        ...(offboarding.state === 'planned'
          ? planRows(await whatWillEnd(stores, person), shown)
          : itemRows(await itemsOf(offboarding, context), shown)),
        ...(await sequenceRow(person, stores)),
        ...buttonsOf(offboarding, reader),
      ],
    };
  },
});

export const turnOffboardingPage = buttonAction({
  id: 'offboarding.page',
  payload: offboardingPayload,
  handle: async (shown, _turn: Turn) => ({ kind: 'replace', card: offboardingCard.with(shown) }),
});

/** What else happens around their last day. */
async function sequenceRow({ id: personId }: Person, stores: Stores): Promise<Block[]> {
  const { assignments } = await stores.assignments.ofPerson(personId, LOOKED_AT);
  const names: string[] = [];
  for (const { sequenceId, endedAt } of assignments) {
    const sequence = await stores.sequences.find(sequenceId);
    if (sequence?.anchor === 'end-date' && !endedAt) names.push(sequence.name);
  }
  if (names.length === 0) return [];
  return [
    { kind: 'text', text: [say`Around the last day, too: ${listed(names, 'and')}.`] },
    {
      kind: 'buttons',
      buttons: [{ label: say`Timeline`, does: openTimeline.with({ personId }) }],
    },
  ];
}

function standing(offboarding: Offboarding, context: Reader): string {
  const day = showDay(offboarding.endDate);
  switch (offboarding.state) {
    case 'planned':
      return say`Their last day is ${day}. When it is over in their time zone, they can't use Latchkey any more, open requests and approver duties end, and this is taken away:`;
    case 'running':
      return say`Their last day was ${day}. Their access is being taken away; what doesn't work is tried again until it does.`;
    case 'done':
      return say`✓ Done on ${offboarding.endedAt ? showTime(offboarding.endedAt, context) : day}: nothing that Latchkey knows of is left.`;
    case 'cancelled':
      return offboarding.endedAt
        ? say`It was cancelled on ${showTime(offboarding.endedAt, context)}. What was taken away before stays away.`
        : say`It was cancelled. What was taken away before stays away.`;
    default:
      return unreachable(offboarding.state);
  }
}

function planRows(ends: readonly FutureEnd[], shown: OffboardingShown): Block[] {
  if (ends.length === 0)
    return [{ kind: 'text', text: [say`As far as Latchkey knows, they have nothing.`] }];
  return paged(ends, shown, ({ integration, access, how }) => [
    {
      kind: 'text',
      text: [
        { kind: 'strong', text: labelOf(integration) },
        ` · ${accessWords(access)} · ${how === 'by-itself' ? say`revoked by itself` : say`needs hands: it becomes a task`}`,
      ],
    },
  ]);
}

function accessWords(access: Access | undefined): string {
  if (!access) return say`never asked`;
  switch (access.state) {
    case 'has':
      return say`has access`;
    case 'none':
      return say`no access`;
    case 'unknown':
      return say`unknown`;
    default:
      return unreachable(access.state);
  }
}

interface Row {
  readonly item: OffboardingItem;
  readonly integration: Integration | undefined;
}

async function itemsOf({ id }: Offboarding, { stores }: Reader): Promise<readonly Row[]> {
  const items = await stores.offboardings.items(id);
  const rows = await Promise.all(
    items.map(async (item) => ({
      item,
      integration: await stores.integrations.find(item.integrationId),
    })),
  );
  // What still needs somebody comes first.
  return rows.toSorted(
    (a, b) =>
      order.indexOf(a.item.state) - order.indexOf(b.item.state) ||
      (a.integration?.name ?? '').localeCompare(b.integration?.name ?? '', locale()),
  );
}

const order: readonly OffboardingItem['state'][] = ['by-hand', 'revoking', 'revoked', 'gone'];

function itemRows(rows: readonly Row[], shown: OffboardingShown): Block[] {
  if (rows.length === 0)
    return [{ kind: 'text', text: [say`There was nothing that could be taken away.`] }];
  const gone = rows.filter(({ item }) => item.nextTryAt === undefined).length;
  return [
    { kind: 'text', muted: true, text: [say`${gone} of ${rows.length} are done.`] },
    ...paged(rows, shown, ({ item, integration }) => [
      {
        kind: 'text',
        text: [
          {
            kind: 'strong',
            text: integration ? labelOf(integration) : say`Something that is gone`,
          },
          ` · ${itemWords(item)}`,
        ],
      },
      ...(item.state === 'by-hand' && item.taskId !== undefined
        ? [
            {
              kind: 'buttons' as const,
              buttons: [
                {
                  label: say`Open the task`,
                  about: say`Open the task: ${integration?.name ?? ''}`,
                  does: openTask.with({ taskId: item.taskId }),
                },
              ],
            },
          ]
        : []),
    ]),
  ];
}

function itemWords({ state, why, tries }: OffboardingItem): string {
  const because = why ? ` ${why}` : '';
  switch (state) {
    case 'gone':
      return say`✓ gone`;
    case 'revoked':
      return say`✓ revoked; it can't be asked`;
    case 'revoking':
      return tries > 1
        ? say`⚠ tried ${tries} times, and again.${because}`
        : say`revoking…${because}`;
    case 'by-hand':
      return say`⚠ needs hands.${because}`;
    default:
      return unreachable(state);
  }
}

function paged<T>(
  all: readonly T[],
  shown: OffboardingShown,
  render: (one: T) => Block[],
): Block[] {
  const list = onPage(all, shown.page, PAGE);
  const buttons = pageButtons(list, (page) => turnOffboardingPage.with({ ...shown, page }));
  return [
    ...list.items.flatMap(render),
    ...(buttons.length > 0
      ? ([
          { kind: 'text', muted: true, text: [say`${all.length} in all${pageWords(list)}`] },
          { kind: 'buttons', buttons },
        ] satisfies Block[])
      : []),
  ];
}

function buttonsOf({ id: offboardingId, state }: Offboarding, reader: Person): Block[] {
  if (!isAdmin(reader)) return [];
  if (state !== 'planned')
    return [
      {
        kind: 'buttons',
        buttons: [
          {
            label: say`Report (CSV)`,
            does: exportFile.with({ of: 'offboarding', id: offboardingId }),
          },
        ],
      },
    ];
  const buttons: Button[] = [
    { label: say`Change the day…`, does: moveOffboarding.with({ offboardingId }) },
    { label: say`Cancel…`, tone: 'danger', does: stopOffboarding.with({ offboardingId }) },
  ];
  return [{ kind: 'buttons', buttons }];
}
