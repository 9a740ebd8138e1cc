/**
 * For someone who is back: what was being removed because they had left waits for a decision, app by app. Whoever made them
 * active again gets the list.
 */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { isPaused, type OpenRemoval } from '../../engine/access/removal.ts';
import { keepPaused, resumeRemoval } from '../../engine/access/removals.ts';
import { fullName, type Integration, labelOf, type Person } from '../../engine/directory.ts';
import { mayGrant, mayManage } from '../../engine/permission.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import { policyOf } from '../../engine/settings.ts';
import { personSubject } from '../../engine/subjects.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import { type Block, type Button, type Card, note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import { refuse } from './admins.ts';
import { allowed } from './allowed.ts';
import { pickPerson } from './choose-person.ts';
import { actorOf, type Reader, type Turn } from './context.ts';
import { showDate, showTime } from './dates.ts';
import { onPage, pageButtons, pageWords } from './paging.ts';
import { lookUpRemoval } from './removal-actions.ts';
import { removalPayload } from './removal-ref.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 15;

const payload = z.object({ personId: z.string(), page: z.number().int().nonnegative() });

export const pausedRemovals = liveCard({
  id: 'paused-removals',
  payload,
  subject: ({ personId }) => personSubject(personId),

  async render({ personId, page }, context: Reader) {
    const { stores, reader, now } = context;
    const person = await stores.people.find(personId);
    if (!person || !mayManage(reader, person))
      return note(
        say`You can't see this any more`,
        say`Only the manager of this person and Latchkey admins can.`,
      );
    const paused = await pausedOf(person, { stores, now });
    const [first] = paused;
    const title = say`${fullName(person)} is back: what do they keep?`;
    if (!first?.removal.pausedUntil)
      return {
        title,
        blocks: [
          {
            kind: 'text',
            text: [say`Everything is decided. Their access card shows how it stands.`],
          },
          {
            kind: 'buttons',
            buttons: [
              { label: say`Access`, does: pickPerson.with({ personId, purpose: 'access' }) },
            ],
          },
        ],
      };
    const list = onPage(paused, page, PAGE);
    const turnTo = pageButtons(list, (to) => turnPausedPage.with({ personId, page: to }));
    const kept = paused.filter(({ integration }) => mayKeep(reader, person, integration));
    const keepAll: Button[] =
      kept.length > 1
        ? [{ label: say`Keep all`, tone: 'primary', does: keepAllPaused.with({ personId }) }]
        : [];
    const buttons = [...keepAll, ...turnTo];
    return {
      title,
      blocks: [
        {
          kind: 'text',
          text: [
            say`This was being removed because they had left. What you don't decide is removed on ${showTime(first.removal.pausedUntil, context)}.`,
          ],
        },
        ...list.items.flatMap((each) => rowOf(each, person, context)),
        ...(turnTo.length > 0
          ? ([
              { kind: 'text', muted: true, text: [say`${paused.length} in all${pageWords(list)}`] },
            ] satisfies Block[])
          : []),
        ...(buttons.length > 0 ? ([{ kind: 'buttons', buttons }] satisfies Block[]) : []),
      ],
    };
  },
});

export const turnPausedPage = buttonAction({
  id: 'removals.paused-page',
  payload,
  handle: async (shown, _turn: Turn) => ({ kind: 'replace', card: pausedRemovals.with(shown) }),
});

/** A grant in what it needs: it gives what the person would lose. */
export const keepPausedAccess = buttonAction({
  id: 'removal.keep',
  payload: removalPayload,

  async handle({ removalId }, turn: Turn) {
    const removal = await turn.stores.removals.find(removalId);
    if (!removal) return refuse(decided());
    const { person, integration, refused } = await allowed('grant', removal, turn);
    if (refused) return refuse(refused);
    const by = { person, integration, actor: actorOf(turn) };
    const isKept = await retryStale(() =>
      turn.transact((tx) => keepPaused(tx, removalId, by, turn)),
    );
    return isKept ? { kind: 'nothing' } : refuse(decided());
  },
});

export const removePausedAccess = buttonAction({
  id: 'removal.resume',
  payload: removalPayload,

  async handle({ removalId }, turn: Turn) {
    const { refused } = await lookUpRemoval(removalId, () => say`revoke this`, turn);
    if (refused) return refuse(refused);
    const isResumed = await retryStale(() =>
      turn.transact((tx) => resumeRemoval(tx, removalId, actorOf(turn), turn)),
    );
    return isResumed ? { kind: 'nothing' } : refuse(decided());
  },
});

/** Everything that the actor may grant; the rest stays in the list. */
export const keepAllPaused = buttonAction({
  id: 'removals.keep-all',
  payload: z.object({ personId: z.string() }),

  async handle({ personId }, turn: Turn): Promise<Reply> {
    const [actor, person] = await Promise.all([
      turn.stores.people.find(turn.actor.id),
      turn.stores.people.find(personId),
    ]);
    if (!actor || !person) return refuse(decided());
    const paused = await pausedOf(person, turn);
    const [first] = paused;
    if (!first) return refuse(decided());
    const mine = paused.filter(({ integration }) => mayKeep(actor, person, integration));
    const [refusedFor = first] = paused.filter((each) => !mine.includes(each));
    if (mine.length === 0) {
      const { refused } = await allowed('grant', refusedFor.removal, turn);
      return refuse(refused ?? decided());
    }
    await retryStale(() =>
      turn.transact(async (tx) => {
        for (const { removal, integration } of mine) {
          const by = { person, integration, actor: actorOf(turn) };
          await keepPaused(tx, removal.id, by, turn);
        }
      }),
    );
    return { kind: 'nothing' };
  },
});

interface Paused {
  readonly removal: OpenRemoval;
  readonly integration: Integration;
}

/** By the name of the app. */
async function pausedOf(
  { id }: Person,
  { stores, now }: { readonly stores: Stores; readonly now: () => Date },
): Promise<readonly Paused[]> {
  const open = (await stores.removals.openOf(id)).filter((each) => isPaused(each, now()));
  const found = await Promise.all(
    open.map(async (removal) => {
      const integration = await stores.integrations.find(removal.integrationId);
      return integration ? [{ removal, integration }] : [];
    }),
  );
  return found.flat().toSorted((a, b) => a.integration.name.localeCompare(b.integration.name));
}

/** Nothing can be granted where it is turned off: there it is only removed. */
const mayKeep = (actor: Person, person: Person, integration: Integration): boolean =>
  integration.enabled && !integration.deletedAt && mayGrant(actor, person, integration);

function rowOf({ removal, integration }: Paused, person: Person, context: Reader): Block[] {
  const { id: removalId } = removal;
  const about = (label: string): string => `${label}: ${integration.name}`;
  const { longestDays } = policyOf(integration);
  const until =
    longestDays === null
      ? say`no end date when you keep it`
      : say`until ${showDate(new Date(context.now().getTime() + longestDays * DAY_MS), context)} when you keep it`;
  const keeps = mayKeep(context.reader, person, integration);
  return [
    {
      kind: 'text',
      text: [
        { kind: 'strong', text: labelOf(integration) },
        ...(keeps ? [` · ${until}`] : [say` · you can't grant it, so you can't keep it`]),
      ],
    },
    {
      kind: 'buttons',
      buttons: [
        ...(keeps
          ? [
              {
                label: say`Keep`,
                about: about(say`Keep`),
                does: keepPausedAccess.with({ removalId }),
              },
            ]
          : []),
        {
          label: say`Remove`,
          about: about(say`Remove`),
          tone: 'danger',
          does: removePausedAccess.with({ removalId }),
        },
      ],
    },
  ];
}
const DAY_MS = 24 * 60 * 60_000;

const decided = (): Card =>
  note(say`This is decided already`, say`Nothing was changed; the list shows what is left.`);
