/**
 * Which chat user a person is. A person is linked once on each platform: by (team, user) in Slack, by (tenant, object id) in
 * Teams. A later change of an address doesn't change the link.
 */
import { t } from '../../core/translate.ts';
import { dropMessages } from '../messages/drop-messages.ts';
import type { ChatIdentity } from '../ports/people-stores.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import type { ChangedBy, Person } from './directory.ts';
import { askInChat } from './fact-claims.ts';
import { inWorkspaceLocale } from './locales.ts';
import { givesRights } from './permission.ts';

/** Why a chat user counts as that person. */
export type LinkedBy =
  /** The platform has verified the address in their profile. */
  | 'confirmed-address'
  /** Nobody has verified the address in their profile; a setting accepts it. */
  | 'unconfirmed-address'
  /** A mail address that isn't their sign-in name; a setting lists its domain. */
  | 'mail-address'
  | 'by-hand';

export type Linked =
  | { readonly kind: 'linked'; readonly person: Person }
  /** They were already this person. */
  | { readonly kind: 'already'; readonly person: Person }
  /** That chat user is linked to another person. */
  | { readonly kind: 'user-taken' }
  /** The person is linked to another chat user there. */
  | { readonly kind: 'person-taken' }
  /** The person is an admin, and the address isn't confirmed. */
  | { readonly kind: 'admin' }
  /** They have left, or were erased. */
  | { readonly kind: 'gone' };

type Pair = Omit<ChatIdentity, 'linkedAt' | 'isUnsure'>;

export async function linkChatUser(
  tx: Transaction,
  pair: Pair,
  { linkedBy, ...deps }: ChangedBy & { readonly linkedBy: LinkedBy },
): Promise<Linked> {
  const { platform, tenant, userId, personId } = pair;
  // Held: if two chat users claim one person at the same moment, only one succeeds.
  const person = await tx.people.hold(personId);
  if (!person?.active) return { kind: 'gone' };
  const known = await tx.identities.find(platform, tenant, userId);
  const isUnsure = UNSURE.has(linkedBy);
  if (known && known.personId !== personId) return USER_TAKEN;
  if (known) {
    if (known.isUnsure && !isUnsure) {
      await tx.identities.makeSure(platform, tenant, userId);
      await auditLinked(tx, pair, { linkedBy, ...deps });
    }
    return { kind: 'already', person };
  }
  if (isUnsure && givesRights(person)) return { kind: 'admin' };
  // A link in a workspace that the company has left doesn't stop someone with a confirmed address.
  const taken = (await tx.identities.ofPerson(personId)).some(
    (each) => each.platform === platform && (linkedBy === 'by-hand' || each.tenant === tenant),
  );
  if (taken) return { kind: 'person-taken' };
  await tx.identities.insert({ ...pair, linkedAt: tx.now, ...(isUnsure && { isUnsure }) });
  const inserted = await tx.identities.find(platform, tenant, userId);
  if (inserted?.personId !== personId) return USER_TAKEN; // Another person was linked at the same moment.
  await tx.refusedUsers.delete(platform, tenant, userId);
  await auditLinked(tx, pair, { linkedBy, ...deps });
  await askInChat(tx, personId);
  await invalidate(tx, personTopic(personId));
  return { kind: 'linked', person };
}

async function auditLinked(
  tx: Transaction,
  pair: Pair,
  { linkedBy, actor }: ChangedBy & { readonly linkedBy: LinkedBy },
): Promise<void> {
  const how = await inWorkspaceLocale(tx, async () => linkedByWords(linkedBy));
  await tx.audit('identity.linked', { actor, ...about(pair, { how }) });
}

/** An admin isn't linked by these: their rights need a safer proof. */
const UNSURE: ReadonlySet<LinkedBy> = new Set(['unconfirmed-address', 'mail-address']);

const USER_TAKEN: Linked = { kind: 'user-taken' };

function linkedByWords(linkedBy: LinkedBy): string {
  return {
    'confirmed-address': () => t`by a confirmed address`,
    'unconfirmed-address': () => t`by an address that isn't confirmed`,
    'mail-address': () => t`by the mail address of their profile`,
    'by-hand': () => t`by hand`,
  }[linkedBy]();
}

/**
 * Ends one link. At the chat user's next message, Latchkey looks up the person by the address that the platform has verified.
 * Messages in their conversation no longer follow the person. The links and pages that chat gave them end, on either platform:
 * the one who was taken for the person may have them.
 * @returns false where it wasn't linked to this person
 */
export async function unlinkChatUser(
  tx: Transaction,
  pair: Pair,
  deps: ChangedBy,
): Promise<boolean> {
  const { platform, tenant, userId, personId } = pair;
  await tx.people.hold(personId); // A transaction that keeps where they write waits here, and then finds no link.
  const linked = await tx.identities.find(platform, tenant, userId);
  if (linked?.personId !== personId) return false;
  await endLink(tx, pair, deps);
  await tx.links.deleteFromChatOf(personId);
  await tx.webSessions.deleteOf(personId);
  await tx.conversations.delete(personId, platform);
  await tx.messages.deleteOf(personId, platform);
  await invalidate(tx, personTopic(personId));
  return true;
}

/** For someone who gets rights over others. They are linked again by a confirmed address, or by hand. */
export async function endUnsureLinks(
  tx: Transaction,
  personId: string,
  deps: ChangedBy,
): Promise<void> {
  for (const identity of await tx.identities.ofPerson(personId))
    if (identity.isUnsure) await unlinkChatUser(tx, identity, deps);
}

/**
 * Ends the chat links of someone who left. Their conversations, open forms, links, pages and unread messages end too. Messages
 * that they have seen still follow the person: that is how those stop showing what they may no longer see.
 */
export async function endChat(tx: Transaction, personId: string, deps: ChangedBy): Promise<void> {
  for (const identity of await tx.identities.ofPerson(personId)) await endLink(tx, identity, deps);
  // Every platform, even if they never wrote there: it may have named a conversation.
  for (const platform of PLATFORMS) await tx.conversations.delete(personId, platform);
  await tx.formSessions.deleteOf(personId);
  await tx.links.deleteOf(personId);
  await tx.webSessions.deleteOf(personId);
  await dropMessages(tx, personId);
}

/** They are back, perhaps as another chat user: older messages no longer follow them. */
export async function beginChatAgain(
  tx: Transaction,
  personId: string,
  deps: ChangedBy,
): Promise<void> {
  await endChat(tx, personId, deps); // Older versions kept the link when someone left.
  for (const platform of PLATFORMS) await tx.messages.deleteOf(personId, platform);
}

const PLATFORMS = ['slack', 'teams'] as const satisfies readonly ChatIdentity['platform'][];

async function endLink(tx: Transaction, pair: Pair, deps: ChangedBy): Promise<void> {
  await tx.identities.delete(pair.platform, pair.tenant, pair.userId);
  await tx.audit('identity.unlinked', { actor: deps.actor, ...about(pair) });
}

const about = (
  { platform, tenant, userId, personId }: Pair,
  more: Readonly<Record<string, string>> = {},
) => ({ personId, detail: { platform, tenant, userId, ...more } });
