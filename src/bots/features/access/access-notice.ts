/** What the person reads when they were granted something. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, sentences, t } from '../../../core/translate.ts';
import { TOGETHER_MS } from '../../../engine/messages/notify-person.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Run } from '../../../engine/runs/run.ts';
import { requestsFulfilledBy } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { whoSaid } from '../requests/request-standing.ts';
import { ruleReasons } from '../rules/rule-words.ts';
import { someNames } from '../some-names.ts';
import { ifNoWayIn, ifStillNeeded } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { lastsWords } from './hold-words.ts';

export const accessNotice = liveCard({
  id: 'access-notice',
  payload: z.object({ runId: z.string() }),
  topic: ({ runId }) => `notice:${runId}`, // Nothing changes this message later.

  async render({ runId }, context: Reader) {
    const { stores, reader } = context;
    const run = await stores.runs.find(runId);
    const integration = run && (await stores.integrations.find(run.integrationId));
    if (!run || !integration || run.personId !== reader.id || run.kind !== 'execute')
      return noLongerExists();
    const gone = await goneAgain(reader, [integration.id], stores);
    if (gone.size > 0) return goneAgainCard(integration, reader, stores);
    const until = await lastsWords(run, context);
    const { how, isTheirs } = await howGranted(run, context);
    const ifNot = isTheirs
      ? t`If you can't get in, let them know.`
      : await ifNoWayIn(reader, stores);
    return note(t`You now have ${integration.name}`, sentences(how, until, ifNot));
  },
});

interface HowGranted {
  readonly how: string;
  /** It names one person, who can be asked about it. A delegate is there for some days. */
  readonly isTheirs: boolean;
}

/** An approver who granted nothing by hand, but approved a request, reads as that; also where someone else pressed Retry. */
async function howGranted(run: Run, context: Reader): Promise<HowGranted> {
  const { stores } = context;
  if (run.startedBy.kind !== 'person')
    return { how: await grantedBy(run, stores), isTheirs: false };
  const [request] = await requestsFulfilledBy(stores, run, { runId: run.id });
  const verdicts = request ? await stores.requests.verdicts(request.id) : [];
  const approval = verdicts.findLast(({ verdict }) => verdict === 'approve');
  if (approval)
    return {
      how: t`${await whoSaid(approval, context)} approved it.`,
      isTheirs: approval.forPersonId === undefined,
    };
  const by = await stores.people.find(run.startedBy.personId);
  return by
    ? { how: t`${fullName(by)} granted it.`, isTheirs: true }
    : { how: await grantedBy(run, stores), isTheirs: false };
}

/** What no person has started. */
async function grantedBy(run: Run, stores: Reader['stores']): Promise<string> {
  if (run.startedBy.kind !== 'system') return t`Your Latchkey admin granted it.`; // At a terminal.
  for (const { id, route } of await requestsFulfilledBy(stores, run, { runId: run.id }))
    if (!route && (await stores.breakGlasses.find(id))) return t`You took it by break-glass.`;
  const holds = await stores.holds.openAt(run.personId, run.integrationId);
  const ruleId = holds.find(({ runId }) => runId === run.id)?.ruleId;
  const reasons = await ruleReasons(stores, compact([ruleId]));
  const reason = [...reasons.values()][0] ?? (await sequenceOf(run, stores));
  return reason === undefined
    ? t`Latchkey granted it automatically.`
    : t`Latchkey granted it automatically: ${reason}.`;
}

/** `sequence Welcome`. Undefined where none has started it. */
async function sequenceOf(run: Run, stores: Reader['stores']): Promise<string | undefined> {
  const planned = await stores.plannedItems.startedBy({ runId: run.id });
  const item = planned && (await stores.sequences.findItem(planned.itemId));
  const sequence = item && (await stores.sequences.find(item.sequenceId));
  return sequence && t`sequence ${sequence.name}`;
}

/** No first day grants more; of more, the card says how many. */
const NAMED = 25;

/** They were granted more within ten minutes: one message for all of it. */
export const moreAccess = liveCard({
  id: 'more-access',
  payload: z.object({ personId: z.string(), since: z.number() }),
  topic: ({ personId, since }) => `more-access:${personId}:${since}`, // Nothing changes this message later.

  async render({ personId, since }, context: Reader) {
    const { reader } = context;
    const names = personId === reader.id ? await grantedSince(since, context) : [];
    if (names.length === 0) return noLongerExists();
    const card = note(
      plural(names.length, {
        one: t`You now have access to 1 app`,
        other: t`You now have access to ${names.length} apps`,
      }),
      sentences(
        t`Granted since ${showTime(new Date(since), context)}: ${someNames(names, NAMED)}.`,
        await ifNoWayIn(reader, context.stores),
      ),
    );
    return withButtons(card, wordButton(t`Your access`, 'access'));
  },
});

/** The names of the apps, the first that was granted first. Without what is gone again, or is being removed. */
async function grantedSince(since: number, { stores, reader }: Reader): Promise<readonly string[]> {
  const filter = { concerning: { about: [reader.id] }, outcome: 'succeeded' } as const;
  const { runs } = await stores.runs.list(filter, { offset: 0, limit: MAX_RUNS });
  const granted = runs
    .filter(
      (run) =>
        run.kind === 'execute' &&
        run.state === 'succeeded' &&
        run.finishedAt.getTime() >= since &&
        run.finishedAt.getTime() < since + TOGETHER_MS,
    )
    .toReversed();
  const ids = granted.map((run) => run.integrationId);
  const [found, gone] = await Promise.all([
    stores.integrations.findMany(ids),
    goneAgain(reader, ids, stores),
  ]);
  return [...new Set(found.filter(({ id }) => !gone.has(id)).map(({ name }) => name))];
}

/** Those of the apps where this person has no access any more, or it is being removed; by id. */
export async function goneAgain(
  { id }: Person,
  integrationIds: readonly string[],
  { access, removals }: Pick<Stores, 'access' | 'removals'>,
): Promise<ReadonlySet<string>> {
  const [known, open] = await Promise.all([
    access.among([id], integrationIds),
    removals.openOf(id),
  ]);
  const gone = new Set(
    [...known.filter(({ state }) => state === 'none'), ...open].map((each) => each.integrationId),
  );
  return new Set(integrationIds.filter((each) => gone.has(each)));
}

/** For the person who had it. */
export const goneAgainCard = async (
  { name }: Integration,
  person: Person,
  stores: Pick<Stores, 'people'>,
): Promise<Card> =>
  withButtons(
    note(
      t`You had ${name} for a short time`,
      sentences(t`It was granted, and is removed again.`, await ifStillNeeded(person, stores)),
    ),
    wordButton(t`Your access`, 'access'),
  );

/** More than anyone has apps. */
const MAX_RUNS = 200;
