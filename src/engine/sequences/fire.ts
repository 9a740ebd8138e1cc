/** Fires items of sequences when they are due: each once, in the transaction of what it does. */
import { MINUTE_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { hadToWaitFor } from '../access/deferred-words.ts';
import { startGrant } from '../access/grant.ts';
import { beginRemoval } from '../access/removals/begin-removal.ts';
import { isLastDayOver } from '../offboarding/offboard.ts';
import {
  type Actor,
  fullName,
  isManual,
  type Person,
  personIdOf,
  SYSTEM,
} from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { policyOf } from '../settings/settings.ts';
import { grantByHand } from '../tasks/by-hand.ts';
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { invalidate, invalidateItem, personTopic } from '../work/topics.ts';
import { endWhenOver } from './cancel-planned.ts';
import { missingFacts } from './missing-facts.ts';
import { type Helper, whoIsMissing } from './needed-people.ts';
import { openSequenceTask } from './open-task.ts';
import { calendarOf, keepMoved, movedItem } from './plan.ts';
import {
  lateness,
  markFailed,
  markFired,
  type OpenItem,
  type PlannedIn,
  type PlannedItem,
  type StartedEffect,
  waitForTask,
} from './planned-item.ts';
import { sendSequenceMessage } from './send-message.ts';
import type { ItemEffect, SequenceItem } from './sequence.ts';
import { isHeldUp, isStillHeldUp } from './waiting.ts';

/** An occurrence names one version of the planned item, so that an item that was moved fires at its new time. */
export const sequenceSource: Source = {
  name: 'sequence-item',
  async *due({ plannedItems }, now) {
    const page = (offset: number) => plannedItems.due(now, offset);
    for await (const { id, version, dueAt } of everyDue(page, (each) => each.id))
      if (dueAt) yield { subject: `${id}:${version}`, at: dueAt };
  },
  async fire(tx, { subject }) {
    const [id = '', version] = subject.split(':');
    const found = await tx.plannedItems.find(id);
    const person = found && (await tx.people.hold(found.personId));
    const planned = await tx.plannedItems.find(id); // Read again: the person is held now.
    if (!person || planned?.state !== 'planned' || planned.version !== Number(version))
      return undefined;
    if (await isDeleted(tx, planned)) return undefined; // A worker is about to cancel it.
    const moved = await movedItem(tx, planned, { person, calendar: await calendarOf(tx) });
    if (moved) await keepMoved(tx, planned, moved);
    else if ((await grants(tx, planned)) && (await isLastDayOver(tx, person.id))) return 'not-yet';
    else if (await isHeldUp(tx, planned)) {
      if (!(await isStillHeldUp(tx, planned))) return 'not-yet';
      await tx.plannedItems.save(waitForTask(planned));
      await invalidate(tx, personTopic(person.id));
    } else await fireItem(tx, planned, { person, actor: SYSTEM });
    return undefined;
  },
};

const grants = async ({ sequences }: Transaction, { itemId }: PlannedItem): Promise<boolean> =>
  (await sequences.findItem(itemId))?.does.kind === 'grant';

async function isDeleted({ sequences }: Transaction, { itemId }: PlannedItem): Promise<boolean> {
  const item = await sequences.findItem(itemId);
  const sequence = item && (await sequences.find(item.sequenceId));
  return sequence?.deletedAt !== undefined;
}

/**
 * Does what the item is for, or stores why it can't. The caller holds the person.
 * @param actor who pressed Run now, or the system
 */
export async function fireItem(
  tx: Transaction,
  planned: OpenItem | PlannedIn<'failed'>,
  { person, actor }: { readonly person: Person; readonly actor: Actor },
): Promise<PlannedItem> {
  const item = await tx.sequences.findItem(planned.itemId);
  if (!item) throw new Error(`There is no item ${planned.itemId} of a sequence`);
  // The result is stored, and everyone reads it.
  const done = await inWorkspaceLocale(tx, () => carryOut(tx, item, { planned, person, actor }));
  const now = tx.now;
  const byId = personIdOf(actor);
  const next = done.ok
    ? markFired(planned, { started: done.started, byId, why: done.why }, now)
    : markFailed(planned, done.why, now);
  const saved = await tx.plannedItems.save(next);
  await auditFired(tx, saved, { actor, ...item });
  await endWhenOver(tx, saved.assignmentId);
  await invalidateItem(tx, planned, saved);
  const needsSomeone = done.ok ? done.needsSomeone : true;
  if (needsSomeone) await tx.emit({ kind: 'sequence-item-stuck', planned: saved });
  return saved;
}

async function auditFired(
  tx: Transaction,
  saved: PlannedIn<'fired'> | PlannedIn<'failed'>,
  { actor, does, sequenceId }: SequenceItem & { readonly actor: Actor },
): Promise<void> {
  const sequence = await tx.sequences.find(sequenceId);
  const late = saved.state === 'fired' ? Math.round(lateness(saved) / MINUTE_MS) : 0;
  await tx.audit(saved.state === 'fired' ? 'sequence.fired' : 'sequence.failed', {
    actor,
    personId: saved.personId,
    ...('integrationId' in does && { integrationId: does.integrationId }),
    runId: saved.runId,
    detail: {
      plannedItemId: saved.id,
      sequence: sequence?.name ?? '',
      item: does.kind,
      ...(late > 0 && { minutesLate: late }),
      ...(saved.state === 'failed' && { why: saved.why }),
    },
  });
}

type EffectResult =
  /** `why`: what people should know. */
  | {
      readonly ok: true;
      readonly started: StartedEffect;
      readonly why?: string;
      /** It waits until someone acts. */
      readonly needsSomeone?: boolean;
    }
  | { readonly ok: false; readonly why: string };

interface FiredItem {
  readonly planned: PlannedItem;
  readonly person: Person;
  readonly actor: Actor;
}

async function carryOut(
  tx: Transaction,
  item: SequenceItem,
  about: FiredItem,
): Promise<EffectResult> {
  const { does } = item;
  const { person, planned, actor } = about;
  switch (does.kind) {
    case 'grant': {
      const [missing] = await whoIsMissing(tx, [item], person);
      if (missing !== undefined) return withoutHelper(missing, person);
      const unknown = await missingFacts(tx, item, person);
      return unknown.length === 0
        ? grant(tx, does, about)
        : withoutFacts(
            unknown.map(({ name }) => name),
            person,
          );
    }
    case 'revoke':
      return revoke(tx, does, about);
    case 'message': {
      const [missing] = await whoIsMissing(
        tx,
        [{ does: { ...does, subject: '', text: '' } }],
        person,
      );
      if (missing !== undefined) return withoutHelper(missing, person); // Else it would go to someone who left.
      const sent = await sendSequenceMessage(tx, {
        message: does,
        person,
        plannedItemId: planned.id,
      });
      return sent.kind === 'queued'
        ? started({ deliveryId: sent.deliveryId }, sent.why)
        : failed(sent.why);
    }
    case 'task': {
      const task = await openSequenceTask(tx, { task: does, person, actor });
      return started({ taskId: task.id });
    }
    default:
      return unreachable(does);
  }
}

async function grant(
  tx: Transaction,
  { integrationId, form }: Extract<ItemEffect, { kind: 'grant' }>,
  { person, actor }: FiredItem,
): Promise<EffectResult> {
  const integration = await tx.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return failed(t`The integration was deleted.`);
  // Nobody chooses a duration here: it is the longest that the settings allow.
  const hours = policyOf(integration).longestHours ?? undefined;
  const reason = t`A sequence grants it.`;
  const wish = { actor, person, integration, reason, hours };
  if (isManual(integration)) {
    const byHand = await grantByHand(tx, wish);
    return byHand.kind === 'opened' ? started({ taskId: byHand.task.id }) : failed(byHand.why);
  }
  const sayUnanswered = (unasked: string) =>
    t`The form of ${integration.name} has changed: it now asks for ${unasked}, and this item has no answer. Edit the item in the sequence to add it, then press Run now.`;
  const run = await startGrant(tx, { ...wish, source: 'sequence', form, sayUnanswered });
  if (run.kind === 'refused') return failed(run.why);
  const what = { runId: run.run.id };
  if (run.kind === 'deferred')
    return {
      ...started(what, hadToWaitFor(run, integration.name, fullName(person))),
      needsSomeone: run.notSetUp !== undefined,
    };
  return run.kind === 'started'
    ? started(what)
    : started(what, t`Someone had already started it, so this joined that run.`);
}

async function revoke(
  tx: Transaction,
  { integrationId }: Extract<ItemEffect, { kind: 'revoke' }>,
  { planned, person, actor }: FiredItem,
): Promise<EffectResult> {
  const integration = await tx.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return failed(t`The integration was deleted.`);
  const cause = { kind: 'sequence', id: planned.id } as const;
  const begun = await beginRemoval(tx, { actor, person, integration, cause });
  return begun.kind === 'nothing'
    ? started({}, t`It had not been granted yet, so there was nothing to remove.`)
    : started({ removalId: begun.removal.id });
}

const withoutHelper = (missing: Helper, person: Person): EffectResult =>
  failed(
    missing === 'manager'
      ? t`It needs a manager, but ${fullName(person)} has none who works here. Set one, then press Run now.`
      : t`It needs a buddy, but ${fullName(person)} has none who works here. Set one, then press Run now.`,
  );

const withoutFacts = (names: readonly string[], person: Person): EffectResult =>
  failed(
    t`It needs ${names.join(', ')}, which isn't known for ${fullName(person)} yet. Press Answer… to enter it; then it runs.`,
  );

const started = (what: StartedEffect, why?: string) => ({
  ok: true as const,
  started: what,
  why,
});
const failed = (why: string): EffectResult => ({ ok: false, why });
