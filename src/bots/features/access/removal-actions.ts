/** The buttons of a removal: View, Retry now, and "I checked: it is gone". */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { earlierAddresses } from '../../../engine/access/accounts.ts';
import {
  isOpenRemoval,
  type OpenRemoval,
  type Removal,
} from '../../../engine/access/removals/removal.ts';
import { confirmGone, retryRemoval } from '../../../engine/access/removals/removals.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { may } from '../../../engine/people/permission.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type OrRefused, showCard } from '../../view/action.ts';
import { type Button, type Card, note, rich, strong } from '../../view/card.ts';
import { asAdmin, auditRefusal, refuse } from '../admins.ts';
import { type RightOverSomeone, withoutRight } from '../whom-to-ask.ts';
import { removalPayload, removalRef } from './removal-ref.ts';

/** Opens the removal's own card, from lists and other cards. */
export const openRemoval = buttonAction({
  id: 'removal.open',
  payload: removalPayload,
  admit: ({ removalId }, turn: Turn) =>
    lookUpRemoval({ removalId, right: 'see plans' }, () => t`see this removal`, turn),

  handle: async ({ removalId }) => showCard(removalRef(removalId)),
});

/** @param what distinguishes the button from those of other removals on the same card */
export const viewRemoval = (removalId: string, what: string): Button => ({
  label: t`View removal`,
  about: t`View removal: ${what}`,
  does: openRemoval.with({ removalId }),
});

export const retryRemovalNow = buttonAction({
  id: 'removal.retry',
  payload: removalPayload,
  admit: ({ removalId }, turn: Turn) =>
    lookUpRemoval({ removalId, right: 'retry' }, () => t`retry this`, turn),

  async handle({ removalId }, turn) {
    const isRetried = await turn.transact((tx) => retryRemoval(tx, removalId, actorOf(turn)));
    return isRetried ? { kind: 'nothing' } : refuse(movedOn());
  },
});

export const confirmRemoved = formAction({
  id: 'removal.confirm',
  payload: removalPayload,
  right: 'set up',
  admit: confirmable,
  title: () => t`I checked: it's gone`,
  submitLabel: () => t`It's gone`,

  async fields(_payload, { person, integration, ...turn }) {
    const open = await turn.stores.accounts.openAt(person.id, integration.id);
    const earlier = earlierAddresses(open, person);
    return {
      intro: compact([
        rich`You confirm that you checked ${integration.name} yourself and that ${strong(fullName(person))} (${person.email}) has no access there.`,
        earlier.length > 0 && t`The same goes for ${earlier.join(', ')}.`,
        t`Latchkey stops trying, and records that you checked it.`,
      ]),
    };
  },

  async submit(_values, { removalId }, turn) {
    const confirmed = await turn.transact(async (tx) => {
      const person = await tx.people.find(turn.actor.id);
      return person && confirmGone(tx, removalId, { person, actor: actorOf(turn) });
    });
    const kind = confirmed?.kind ?? 'over';
    switch (kind) {
      case 'gone':
        return { kind: 'nothing' };
      case 'over':
        return refuse(movedOn());
      case 'own':
        return refuse(own());
      case 'too-early':
        return refuse(tooEarly());
      default:
        return unreachable(kind);
    }
  },
});

const tooEarly = (): Card =>
  note(
    t`It's too early to confirm that it's gone`,
    t`A request to the app is still on its way and may change this. Nothing changed; check again in 15 minutes.`,
  );

type LookedUp<R> = OrRefused<{
  readonly removal: R;
  readonly person: Person;
  readonly integration: Integration;
}>;

/** For those who have this right for the person. @param what completes the sentence "You can't …" */
export async function lookUpRemoval(
  { removalId, right }: { readonly removalId: string; readonly right: RightOverSomeone },
  what: () => string,
  { stores, ...turn }: Turn,
): Promise<LookedUp<Removal>> {
  const removal = await stores.removals.find(removalId);
  const [actor, person, integration] = await Promise.all([
    stores.people.find(turn.actor.id),
    removal && stores.people.find(removal.personId),
    removal && stores.integrations.find(removal.integrationId),
  ]);
  if (!removal || !person || !integration)
    return {
      refused: note(t`This no longer exists`, t`The person or the integration was deleted.`),
    };
  if (actor && may(actor, right, person)) return { removal, person, integration };
  const about = { personId: person.id, integrationId: integration.id };
  await auditRefusal(what, { stores, ...turn }, about);
  return { refused: await withoutRight(t`You can't ${what()}`, right, { stores, ...turn }) };
}

/** Only an admin may confirm, for someone else, and only while the removal is open. */
async function confirmable(
  { removalId }: { readonly removalId: string },
  turn: Turn,
): Promise<LookedUp<OpenRemoval>> {
  const what = () => t`confirm that access is gone`;
  const found = await lookUpRemoval({ removalId, right: 'revoke' }, what, turn);
  if (found.refused) return { refused: found.refused };
  const { removal, person, integration } = found;
  const target = { personId: person.id, integrationId: integration.id };
  const { refused } = await asAdmin(what, turn, target);
  if (refused) return { refused };
  if (person.id === turn.actor.id) {
    await auditRefusal(what, turn, target);
    return { refused: own() };
  }
  return isOpenRemoval(removal) ? { removal, person, integration } : { refused: movedOn() };
}

const movedOn = (): Card =>
  note(
    t`This removal is already further along`,
    t`Nothing changed; its card shows the current state.`,
  );

const own = (): Card =>
  note(t`You can't confirm this about yourself`, t`Another admin needs to check. Nothing changed.`);
