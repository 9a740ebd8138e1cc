/** The integration that an admin wants to change, in its current state, or a card that explains why they can't. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { held } from '../../../engine/integrations/change-integration.ts';
import type { ChangedBy, Integration } from '../../../engine/people/directory.ts';
import { mayAt, type Right } from '../../../engine/people/permission.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused, Reply } from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { auditRefusal, foundForAdmins, foundForReaders, refuse, withRight } from '../admins.ts';
import { change } from '../change.ts';
import { appNotSeen, askAnAdmin } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';

export const targetPayload = z.object({ integrationId: z.string() });
export type Target = z.infer<typeof targetPayload>;

export type Targeted = OrRefused<{ readonly integration: Integration }>;

/** @param what completes the sentence "You can't …" */
export const targetOf = (what: () => string) =>
  foundForAdmins({ what, about: aboutIntegration }, integrationNow);

/** The same, for who reads it. */
export const targetToRead = (what: () => string) =>
  foundForReaders({ what, about: aboutIntegration }, integrationNow);

export const aboutIntegration = ({ integrationId }: Target) => ({ integrationId });

interface AtApp {
  readonly right: Right;
  /** Completes the sentence "You can't …". */
  readonly what: () => string;
}

/** The same, where its owners of now may, too. */
export const targetAt = ({ right, what }: AtApp) =>
  withRight(right, (target: Target, turn: Turn) => foundAt(target, { right, what }, turn));

async function foundAt(
  { integrationId }: Target,
  { right, what }: AtApp,
  turn: Turn,
): Promise<Targeted> {
  const actor = await turn.stores.people.find(turn.actor.id);
  const integration = await turn.stores.integrations.find(integrationId);
  if (actor && mayAt(actor, right, integration ?? {}))
    return integrationNow({ integrationId }, turn);
  await auditRefusal(what, turn, integration ? { integrationId } : {});
  return {
    refused:
      right === 'see app'
        ? await appNotSeen(t`You can't ${what()}`, turn, integration)
        : await notTheirs(what, turn, integration),
  };
}

/** What someone reads who doesn't own the app, and wanted to change something. @param app left out where it is about several */
export const notTheirs = async (what: () => string, turn: Turn, app?: Integration): Promise<Card> =>
  note(
    t`You can't ${what()}`,
    sentences(
      t`Only the app's owners and Latchkey admins can. Nothing changed.`,
      await askAnAdmin(turn, app),
    ),
  );

export async function integrationNow({ integrationId }: Target, turn: Turn): Promise<Targeted> {
  const integration = await turn.stores.integrations.find(integrationId);
  return integration && !integration.deletedAt
    ? { integration }
    : { refused: wasDeleted(integration?.name) };
}

export const wasDeleted = (name = t`This integration`): Card =>
  withButtons(
    note(t`${name} has been deleted`, t`Nothing changed.`),
    wordButton(t`Integrations`, 'integrations'),
  );

/**
 * Changes it as it is in the transaction: another admin may have changed it since it was read.
 * @returns what `work` returns, or the refusal where it was deleted
 */
export const changeHeld = <R>(
  integration: Integration,
  turn: Turn,
  work: (tx: Transaction, now: Integration, by: ChangedBy) => Promise<R>,
): Promise<R | Reply> =>
  change(turn, async (tx, by) => {
    const now = await held(tx, integration);
    return now.deletedAt ? refuse(wasDeleted(now.name)) : work(tx, now, by);
  });
