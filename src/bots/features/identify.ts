/**
 * Who is asking: a chat user is linked to a person once, by the email that the platform has verified. The link is
 * kept by (tenant, user) and audited; a later change of the email never moves it.
 */
import type { Address } from '../../core/message.ts';
import { inLocale, knownLocale, say } from '../../core/say.ts';
import type { Person } from '../../engine/directory.ts';
import { localeOf } from '../../engine/locales.ts';
import type { Conversation } from '../../engine/ports/chat-stores.ts';
import {
  readWorkspaceSettings,
  type WorkspaceSettings,
  workspaceSettings,
} from '../../engine/settings.ts';
import { type Card, note } from '../view/card.ts';
import type { ChatProfile, Inbound } from '../view/platform.ts';
import type { Services, Turn } from './context.ts';
import { greetFirstAdmin } from './first-steps.ts';

/** Where somebody last wrote is renewed at most this often. */
const CONVERSATION_FRESH_MS = 60_000;
/** When somebody last wrote who hasn't written yet. */
const NEVER = new Date(0);

export function identifyWith(
  services: Services,
): (inbound: Inbound) => Promise<Turn | { readonly refused: Card }> {
  return async (inbound) => {
    const found = await find(inbound, services);
    if ('refused' in found) return found;
    const { settings, conversation, isNew, profileLocale } = found;
    const known = await withChatLocale(found.person, inbound.locale ?? profileLocale, services);
    const theirs = localeOf(known, settings);
    if (!known.active) return inLocale(theirs, hasLeft);

    await rememberConversation(known, conversation, inbound, services);
    if (isNew) await services.transact((tx) => greetFirstAdmin(tx, known, services.now()));
    return {
      ...services,
      actor: known,
      timeZone: known.timeZone ?? services.installation.timeZone,
      locale: theirs,
      personId: known.id,
      via: inbound.user.platform,
      ...(inbound.here && { here: inbound.here }),
      tenant: inbound.user.tenant,
      profileOf: (userId) => inbound.profileOf(userId),
    };
  };
}

interface Found {
  readonly person: Person;
  readonly settings: WorkspaceSettings;
  /** Their direct conversation on this platform, as it was before. */
  readonly conversation: Conversation | undefined;
  /** Whether this is the first that we hear of this chat user. */
  readonly isNew: boolean;
  /** What the platform says of their client, where it was asked. */
  readonly profileLocale?: string | undefined;
}

async function find(
  inbound: Inbound,
  services: Services,
): Promise<Found | { readonly refused: Card }> {
  const { platform, tenant, userId } = inbound.user;
  const known = await services.stores.identities.known(platform, tenant, userId);
  if (known) {
    const { person, conversation, workspace } = known;
    return { person, conversation, settings: readWorkspaceSettings(workspace), isNew: false };
  }
  const settings = await workspaceSettings(services.stores);
  const profile = await inbound.profileOf(userId);
  const person = profile?.email && (await services.stores.people.findByEmail(profile.email));
  // What another organisation says of its people is nothing to link by.
  if (!profile || !person || profile.kind === 'bot' || profile.kind === 'outside')
    return refuseIn(profile?.locale ?? inbound.locale, settings, () =>
      stranger(profile, inbound.place),
    );
  const linked = await link(person, profile, inbound, services);
  const conversation = await services.stores.conversations.on(linked.id, platform);
  return { person: linked, conversation, settings, isNew: true, profileLocale: profile.locale };
}

/** @returns the person, with the name of the profile where the directory has none (an admin of `ADMIN_EMAILS`, say). */
async function link(
  person: Person,
  profile: ChatProfile,
  { user }: Inbound,
  services: Services,
): Promise<Person> {
  const now = services.now();
  return services.transact(async (tx) => {
    await tx.identities.insert({ ...user, personId: person.id, linkedAt: now });
    await tx.audit.add({
      id: services.newId(),
      at: now,
      actor: { kind: 'person', personId: person.id, via: user.platform },
      what: 'identity.linked',
      personId: person.id,
      detail: { ...user },
    });
    const current = (await tx.people.find(person.id)) ?? person;
    if (current.firstName || current.lastName) return current;
    const [firstName = '', ...rest] = profile.name.trim().split(/\s+/);
    return tx.people.save({ ...current, firstName, lastName: rest.join(' ') });
  });
}

/** The person as they read now; what their client says is kept for what is written to them later. */
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
 * Keeps a direct conversation that was met although nobody wrote there: the app was installed, or a client asked for
 * something. When the person last wrote stays as it was, since messages go to where that was.
 */
export async function meetConversation(
  personId: string,
  address: Address,
  { stores, transact }: Pick<Services, 'stores' | 'transact'>,
): Promise<void> {
  const known = await stores.conversations.on(personId, address.platform);
  await keepMet(personId, address, known, transact);
}

async function keepMet(
  personId: string,
  address: Address,
  known: Conversation | undefined,
  transact: Services['transact'],
): Promise<void> {
  if (known?.address.key === address.key) return;
  const lastWroteAt = known?.lastWroteAt ?? NEVER;
  await transact((tx) => tx.conversations.put({ personId, address, lastWroteAt }));
}

async function rememberConversation(
  person: Person,
  known: Conversation | undefined,
  inbound: Inbound,
  { transact, now }: Services,
): Promise<void> {
  const address = inbound.direct;
  if (!address) return;
  if (inbound.unasked) return keepMet(person.id, address, known, transact);
  const fresh =
    known?.address.key === address.key &&
    now().getTime() - known.lastWroteAt.getTime() < CONVERSATION_FRESH_MS;
  if (fresh) return;
  await transact((tx) =>
    tx.conversations.put({ personId: person.id, address, lastWroteAt: now() }),
  );
}

/** Where a group may read along, the address isn't said. */
function stranger(
  profile: ChatProfile | undefined,
  place: Inbound['place'],
): { readonly refused: Card } {
  if (profile?.kind === 'member' && profile.email)
    return refuse(
      say`I don't know you yet`,
      place === 'direct'
        ? say`Nobody in Latchkey's directory has the address ${profile.email}. Ask your Latchkey admin to add you.`
        : say`Nobody in Latchkey's directory has the address of your profile here. Ask your Latchkey admin to add you.`,
    );
  if (profile?.kind === 'member')
    return refuse(
      say`I can't see your email address`,
      say`Your profile here shows no verified address, and that is how I know people. Ask your workspace admin.`,
    );
  return unknown();
}

/** Of whoever isn't in the directory, their client's word is all that is known. */
const refuseIn = (
  said: string | undefined,
  settings: WorkspaceSettings,
  why: () => { readonly refused: Card },
): { readonly refused: Card } => {
  const chatLocale = knownLocale(said);
  return inLocale(localeOf(chatLocale ? { chatLocale } : {}, settings), why);
};

const hasLeft = () =>
  refuse(say`Your access to Latchkey has ended`, say`If that is wrong, tell your Latchkey admin.`);

const unknown = () =>
  refuse(
    say`I only work for people in the directory`,
    say`Guests can use Latchkey after an admin has added them; bots and people of other organisations cannot.`,
  );

const refuse = (title: string, text: string) => ({ refused: note(title, text) });
