/**
 * Links a chat user to a person, once. The email decides: the one that the platform has verified or, if a setting allows
 * it, the one in a member's profile. An admin can also link them by hand. The link is stored by (tenant, user) and
 * audited; a later change of the email never moves it.
 */
import { HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import type { Address } from '../../core/message.ts';
import { inLocale, knownLocale, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type Linked, type LinkedBy, linkChatUser } from '../../engine/people/chat-links.ts';
import type { Person } from '../../engine/people/directory.ts';
import { mayBeFormer } from '../../engine/people/exchanged-address.ts';
import { localeOf } from '../../engine/people/locales.ts';
import { givesRights } from '../../engine/people/permission.ts';
import { personChanged } from '../../engine/people/person-changed.ts';
import { readEmail } from '../../engine/people/person-details.ts';
import type { Conversation } from '../../engine/ports/chat-stores.ts';
import type { Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import { readWorkspaceSettings, type WorkspaceSettings } from '../../engine/settings/settings.ts';
import { workspaceSettings } from '../../engine/settings/workspace-settings.ts';
import { type Card, note } from '../view/card.ts';
import type { ChatProfile, Inbound, PlatformName } from '../view/platform.ts';
import type { Services, Turn } from './context.ts';
import { hasLeft } from './has-left.ts';
import { platformNames } from './platform-names.ts';

/** A person's last conversation is stored at most this often. */
const CONVERSATION_FRESH_MS = MINUTE_MS;

/** Greets someone who is met for the first time. `unasked`: they wrote and pressed nothing. */
type Greet = (
  tx: Transaction,
  person: Person,
  how: { readonly now: Date; readonly unasked: boolean },
) => Promise<void>;

export function identifyWith(
  services: Services,
  greet?: Greet,
): (inbound: Inbound) => Promise<Turn | { readonly refused: Card }> {
  return async (inbound) => {
    const found = await find(inbound, services);
    if ('refused' in found) return found;
    const { settings, conversation, isNew, profileLocale } = found;
    const known = await withChatLocale(found.person, inbound.locale ?? profileLocale, services);
    const theirs = localeOf(known, settings);
    if (!known.active) return inLocale(theirs, left);

    await rememberConversation(known, inbound, { ...services, known: conversation });
    if (isNew && greet) {
      const how = { now: services.now(), unasked: inbound.unasked === true };
      await services.transact((tx) => greet(tx, known, how));
    }
    return {
      ...services,
      actor: known,
      timeZone: known.timeZone ?? services.installation.timeZone,
      locale: theirs,
      personId: known.id,
      via: inbound.user.platform,
      user: inbound.user,
      here: inbound.here,
      postHere: inbound.postHere,
      tenant: inbound.user.tenant,
      profileOf: (userId) => inbound.profileOf(userId),
    };
  };
}

interface FoundUser {
  readonly person: Person;
  readonly settings: WorkspaceSettings;
  /** Their direct conversation on this platform, as it was before this interaction. */
  readonly conversation: Conversation | undefined;
  /** Whether this chat user was linked just now. */
  readonly isNew: boolean;
  /** The client's language, where the platform was asked for the profile. */
  readonly profileLocale?: string;
}

async function find(
  inbound: Inbound,
  services: Services,
): Promise<FoundUser | { readonly refused: Card }> {
  const { platform, tenant, userId } = inbound.user;
  const known = await services.stores.identities.known(platform, tenant, userId);
  if (known) {
    const { person, conversation, workspace } = known;
    return { person, conversation, settings: readWorkspaceSettings(workspace), isNew: false };
  }
  const settings = await workspaceSettings(services.stores);
  const profile = await inbound.profileOf(userId);
  const refused = async (why: () => { readonly refused: Card }) => {
    await noteRefused(profile, inbound, services);
    return refuseIn(profile?.locale ?? inbound.locale, settings, why);
  };
  // Another organization may claim any address for its people, so those aren't linked.
  const isOurs = profile && profile.kind !== 'bot' && profile.kind !== 'outside';
  const match = isOurs && (await matchOf(profile, settings, services.stores));
  if (!match) return refused(() => stranger(profile, inbound, settings));
  const { person, address } = match;
  const linked = await link(person, profile, { inbound, services, address });
  switch (linked.kind) {
    case 'linked':
    case 'already': {
      const conversation = await services.stores.conversations.on(linked.person.id, platform);
      const isNew = linked.kind === 'linked';
      return {
        person: linked.person,
        conversation,
        settings,
        isNew,
        profileLocale: profile.locale,
      };
    }
    case 'moved':
      return find(inbound, services);
    case 'gone':
      return inLocale(localeOf(person, settings), left);
    case 'admin':
      return refused(() =>
        address.by === 'mail-address' ? adminByMail() : unconfirmedAdmin(platform),
      );
    case 'exchanged':
      return refused(exchanged);
    case 'user-taken':
    case 'person-taken':
      return refused(taken);
    default:
      return unreachable(linked);
  }
}

/** A refused user is recorded at most this often. */
const NOTED_FRESH_MS = HOUR_MS;

/** Recorded so that an admin can link them by hand. Bots and people of other organizations can't be linked. */
async function noteRefused(
  profile: ChatProfile | undefined,
  { user, unasked }: Inbound,
  { stores, transact, now }: Services,
): Promise<void> {
  if (!profile || unasked || profile.kind === 'bot' || profile.kind === 'outside') return;
  const before = await stores.refusedUsers.find(user.platform, user.tenant, user.userId);
  if (before && now().getTime() - before.refusedAt.getTime() < NOTED_FRESH_MS) return;
  const shown = profile.email ?? profile.unconfirmedEmail ?? profile.mail;
  const email = shown === undefined ? undefined : readEmail(shown);
  const { name } = profile;
  const noted = { ...user, name, ...(email !== undefined && { email }), refusedAt: now() };
  await transact((tx) => tx.refusedUsers.put(noted));
}

interface Linking {
  readonly inbound: Inbound;
  readonly services: Services;
  readonly address: ProfileAddress;
}

/** Takes the name from the profile where the directory has none, such as for an admin of `ADMIN_EMAILS`. */
async function link(
  { id: personId }: Person,
  profile: ChatProfile,
  { inbound: { user }, services, address }: Linking,
): Promise<Linked | { readonly kind: 'moved' | 'exchanged' }> {
  const actor = { kind: 'person', personId, via: user.platform } as const;
  return services.transact(async (tx) => {
    await tx.people.hold(personId);
    // An admin may have given the address to someone else since it was looked up.
    const found = await tx.people.findByEmail(address.email);
    if (found?.id !== personId) return { kind: 'moved' };
    const { platform } = user;
    if (await mayBeFormer(tx, found, { platform, now: tx.now })) return { kind: 'exchanged' };
    const linked = await linkChatUser(tx, { ...user, personId }, { linkedBy: address.by, actor });
    if (linked.kind !== 'linked') return linked;
    const { person } = linked;
    if (person.firstName || person.lastName) return linked;
    const [firstName = '', ...rest] = profile.name.trim().split(/\s+/);
    const named = await tx.people.save({ ...person, firstName, lastName: rest.join(' ') });
    await personChanged(tx, { before: person, person: named }, { actor });
    return { kind: 'linked', person: named };
  });
}

/** The person with their current language. The client's language is stored for later messages. */
async function withChatLocale(
  person: Person,
  said: string | undefined,
  { transact }: Services,
): Promise<Person> {
  const chatLocale = knownLocale(said);
  if (!chatLocale || chatLocale === person.chatLocale) return person;
  await transact((tx) => tx.people.noteChatLocale(person.id, chatLocale));
  return { ...person, chatLocale };
}

/**
 * Stores a direct conversation in which nobody wrote: the app was installed, or a client sent a query. It doesn't change
 * when the person wrote last, since that decides where messages go.
 */
export async function meetConversation(
  personId: string,
  address: Address,
  { stores, transact }: Pick<Services, 'stores' | 'transact'>,
): Promise<void> {
  const known = await stores.conversations.on(personId, address.platform);
  await keepMet({ personId, address }, known, transact);
}

async function keepMet(
  { personId, address }: Pick<Conversation, 'personId' | 'address'>,
  known: Conversation | undefined,
  transact: Services['transact'],
): Promise<void> {
  if (known?.address.key === address.key) return;
  await transact((tx) => tx.conversations.meet({ personId, address }));
}

async function rememberConversation(
  person: Person,
  inbound: Inbound,
  {
    known,
    transact,
    now,
  }: Pick<Services, 'transact' | 'now'> & { readonly known: Conversation | undefined },
): Promise<void> {
  const address = inbound.direct;
  if (!address) return;
  if (inbound.unasked) return keepMet({ personId: person.id, address }, known, transact);
  const fresh =
    known?.address.key === address.key &&
    now().getTime() - known.lastWroteAt.getTime() < CONVERSATION_FRESH_MS;
  if (fresh) return;
  const { platform, tenant, userId } = inbound.user;
  const lastWroteAt = now();
  await transact(async (tx) => {
    await tx.people.hold(person.id);
    // An admin may have ended the link meanwhile: their messages would go to someone else.
    const linked = await tx.identities.find(platform, tenant, userId);
    if (linked?.personId === person.id)
      await tx.conversations.put({ personId: person.id, address, lastWroteAt });
  });
}

/** Where a group may read this, the address is left out. */
function stranger(
  profile: ChatProfile | undefined,
  { place, user }: Inbound,
  settings: WorkspaceSettings,
): { readonly refused: Card } {
  const [address] = profile ? addressesOf(profile, settings) : [];
  if (profile?.mail !== undefined && !mailCounts(profile.mail, settings))
    return mailDoesNotCount(profile, place === 'direct' ? address : undefined);
  if (profile?.kind === 'member' && address)
    return refuse(
      t`I don't know you yet`,
      place === 'direct'
        ? t`No one in Latchkey's directory has the address ${address.email}. Ask your Latchkey admin to add you.`
        : t`No one in Latchkey's directory has the address in your profile here. Ask your Latchkey admin to add you.`,
    );
  if (profile?.kind === 'member' && profile.unconfirmedEmail !== undefined)
    return refuse(
      t`Your address isn't confirmed`,
      t`${platformNames[user.platform]} hasn't confirmed the address in your profile, so I can't tell who you are. Ask a Latchkey admin to link you by hand (on your card in "people") or to allow unconfirmed addresses (in "settings").`,
    );
  if (profile?.kind === 'member')
    return refuse(
      t`I can't see your email address`,
      t`Your profile here shows no verified address, so I can't tell who you are. Ask a Latchkey admin to link you by hand, on your card in "people".`,
    );
  return unknown();
}

/** @param address the one that would count; left out where others may read it */
function mailDoesNotCount(
  { kind }: Pick<ChatProfile, 'kind'>,
  address: ProfileAddress | undefined,
): { readonly refused: Card } {
  if (kind === 'bot' || kind === 'outside') return unknown();
  const title = t`I don't know you yet`;
  if (kind === 'guest')
    return refuse(
      title,
      t`I can't recognise guests by your email address here. Ask a Latchkey admin to add you, and to link you by hand (on your card in "people") or list your email domain (in "settings").`,
    );
  return refuse(
    title,
    address
      ? t`No one in Latchkey's directory has ${address.email}, your sign-in name. Ask a Latchkey admin to add you, link you by hand (on your card in "people"), or list your email domain (in "settings").`
      : t`No one in Latchkey's directory has your sign-in name. Ask a Latchkey admin to add you, link you by hand (on your card in "people"), or list your email domain (in "settings").`,
  );
}

const adminByMail = () =>
  refuse(
    t`Your email address isn't enough`,
    t`It belongs to a Latchkey admin, and it isn't your sign-in name. Ask another Latchkey admin to link you by hand, on your card in "people".`,
  );

const unconfirmedAdmin = (platform: PlatformName) =>
  refuse(
    t`Your address isn't confirmed`,
    t`${platformNames[platform]} hasn't confirmed the address in your profile, and this address needs that. Ask another Latchkey admin to link you by hand, on your card in "people".`,
  );

const exchanged = () =>
  refuse(
    t`Your address was someone else's until lately`,
    t`So I can't tell which of you is writing. Ask a Latchkey admin to link you by hand, on your card in "people".`,
  );

/** Doesn't name the other person, since a group may read this. */
const taken = () =>
  refuse(
    t`Your address belongs to another account`,
    t`In Latchkey's directory, it belongs to someone who is linked to another account here. Ask a Latchkey admin to check that link, and to end it with "Unlink chat…" if it's wrong.`,
  );

/** For a person outside the directory, only their client's language is known. */
const refuseIn = (
  said: string | undefined,
  settings: WorkspaceSettings,
  why: () => { readonly refused: Card },
): { readonly refused: Card } => {
  const chatLocale = knownLocale(said);
  return inLocale(localeOf(chatLocale ? { chatLocale } : {}, settings), why);
};

const left = () => ({ refused: hasLeft() });

const unknown = () =>
  refuse(
    t`I only work for people in the directory`,
    t`Guests can use Latchkey after an admin has added them; bots and people from other organizations can't.`,
  );

const refuse = (title: string, text: string) => ({ refused: note(title, text) });

export interface ProfileAddress {
  readonly email: string;
  readonly by: Exclude<LinkedBy, 'by-hand'>;
}

type Counting = Pick<WorkspaceSettings, 'takesUnconfirmed' | 'mailDomains'>;

/**
 * The addresses that count, in order. First the verified one or, if the workspace allows it, the one in a member's
 * profile. Then the mail address beside a sign-in name, if its domain is listed.
 */
export function addressesOf(profile: ChatProfile, settings: Counting): readonly ProfileAddress[] {
  const { email, unconfirmedEmail, kind, mail } = profile;
  const found: ProfileAddress[] = [];
  if (email !== undefined) found.push({ email, by: 'confirmed-address' });
  else if (settings.takesUnconfirmed && kind === 'member' && unconfirmedEmail !== undefined)
    found.push({ email: unconfirmedEmail, by: 'unconfirmed-address' });
  if (mail !== undefined && mailCounts(mail, settings))
    found.push({ email: mail, by: 'mail-address' });
  return found;
}

const mailCounts = (mail: string, { mailDomains = [] }: Counting): boolean =>
  mailDomains.includes(mail.slice(mail.lastIndexOf('@') + 1).toLowerCase());

/** The person whom a profile identifies, by its first address that is in the directory. */
export async function matchOf(
  profile: ChatProfile,
  settings: Counting,
  { people }: Pick<Stores, 'people'>,
): Promise<{ readonly person: Person; readonly address: ProfileAddress } | undefined> {
  for (const address of addressesOf(profile, settings)) {
    const person = await people.findByEmail(address.email);
    if (person) return { person, address };
  }
  return undefined;
}

/** The person whom a profile would be linked to. An unverified address never identifies who has rights over others. */
export async function personOf(
  profile: ChatProfile | undefined,
  stores: Pick<Stores, 'people' | 'settings'>,
): Promise<Person | undefined> {
  const match = profile && (await matchOf(profile, await workspaceSettings(stores), stores));
  if (!match) return undefined;
  const { person, address } = match;
  return givesRights(person) && address.by !== 'confirmed-address' ? undefined : person;
}
