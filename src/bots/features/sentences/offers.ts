/** What a sentence can lead to, where this person may see the app and do that. Forms and cards check it again, as always. */
import { sentences, t } from '../../../core/translate.ts';
import { offeredOf } from '../../../engine/bundles/offered-bundles.ts';
import { provisionOf } from '../../../engine/integrations/manifest-of.ts';
import {
  fullName,
  type Integration,
  isManual,
  type Person,
} from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import { mayAt, mayGrant, mayManage, mayRequestFor } from '../../../engine/people/permission.ts';
import { isRequestable } from '../../../engine/requests/requestable.ts';
import type { Turn } from '../../live/context.ts';
import { type PressReply, sayToPerson, showCard } from '../../view/action.ts';
import { type Button, note, withButtons } from '../../view/card.ts';
import { openAccess } from '../access/access-card.ts';
import { giveBack } from '../access/give-back.ts';
import { grantAccess } from '../access/grant-access.ts';
import { openHolders, turnHoldersPage } from '../access/holders-list.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import { revokeAccess } from '../access/revoke-access.ts';
import { askForBundle, offeredBundles } from '../bundles/request-bundle.ts';
import { offboardPerson, planFor, stopOffboarding } from '../offboarding/offboard.ts';
import { pickPerson } from '../people/find-person.ts';
import { reactivatePerson } from '../people/leave-person.ts';
import { openRequest } from '../requests/pick-request.ts';
import { askForAccess } from '../requests/request-access.ts';
import { openOwnRequests, showRequests } from '../requests/request-list.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { timelineRef } from '../sequences/timeline-ref.ts';
import { someNames } from '../some-names.ts';
import { askAnAdmin, noteToAsk } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import type { Named } from './names.ts';
import { appsSeenBy, onOwnCard } from './seen.ts';

export interface Offer {
  /** Where several things may be meant. */
  readonly button: Button;
  /** It tells something and opens no form, so it may come in place of its button. */
  readonly isAnswer?: true;
  /** Where only this can be. */
  open(): Promise<PressReply>;
}

export interface ForPerson {
  readonly person: Person;
  /** Someone else who is offered beside them has the same name. */
  readonly isNamesake: boolean;
  readonly end: WishedEnd | undefined;
}

/** By their address where their name says too little. */
const calledOf = (person: Person, isNamesake: boolean): string =>
  isNamesake ? sayAddress(person) : fullName(person);

/** The form that requests it. @param person whom it is for; undefined: the actor */
export async function offerRequest(
  named: Named,
  { person, isNamesake = false, end }: Partial<ForPerson> & Pick<ForPerson, 'end'>,
  turn: Turn,
): Promise<Offer | undefined> {
  const whom = person ?? turn.actor;
  const isOwn = whom.id === turn.actor.id;
  if (!mayRequestFor(turn.actor, whom)) return undefined;
  const personId = isOwn ? undefined : whom.id;
  const { name } = named;
  const label = isOwn ? t`Request ${name}…` : t`Request ${name} for ${calledOf(whom, isNamesake)}…`;
  const about = isOwn ? label : t`Request ${name} for ${fullName(whom)}: ${whom.email}`;
  if (named.kind === 'bundle') {
    const [offered] = await offeredOf([named.bundle], whom, turn.stores);
    if (!offered) return undefined;
    const { id: bundleId, versionId } = named.bundle;
    const wished = end && { wishedEnd: true as const };
    const does = askForBundle.with({ bundleId, versionId, personId, ...wished });
    return { button: { label, about, does }, open: () => askForBundle.press(does.payload, turn) };
  }
  if (!(await isRequestable(turn.stores, whom, named.app))) return undefined;
  const does = askForAccess.with({ integrationId: named.app.id, personId, wished: end });
  return { button: { label, about, does }, open: () => askForAccess.press(does.payload, turn) };
}

/** The form that grants it, else the one that requests it for them. */
export async function offerFor(
  named: Named,
  { person, isNamesake, end }: ForPerson,
  turn: Turn,
): Promise<Offer | undefined> {
  const { actor, stores } = turn;
  if (
    named.kind === 'bundle' ||
    person.id === actor.id ||
    !named.app.enabled ||
    !mayGrant(actor, person, named.app) ||
    !(await grantsAccess(named.app, stores))
  )
    return offerRequest(named, { person, isNamesake, end }, turn);
  const integrationId = named.app.id;
  const does = grantAccess.with({ personId: person.id, integrationId, wished: end });
  const label = t`Grant ${named.name} to ${calledOf(person, isNamesake)}…`;
  const about = t`Grant ${named.name} to ${fullName(person)}: ${person.email}`;
  return { button: { label, about, does }, open: () => grantAccess.press(does.payload, turn) };
}

/** The form that revokes it from them. */
export async function offerRevoke(
  named: Named,
  { person, isNamesake }: Omit<ForPerson, 'end'>,
  turn: Turn,
): Promise<Offer | undefined> {
  if (person.id === turn.actor.id) return offerGiveBack(named, turn);
  if (named.kind === 'bundle' || !mayManage(turn.actor, person)) return undefined;
  const does = revokeAccess.with({ personId: person.id, integrationId: named.app.id });
  const label = t`Revoke ${named.name} from ${calledOf(person, isNamesake)}…`;
  const about = t`Revoke ${named.name} from ${fullName(person)}: ${person.email}`;
  return { button: { label, about, does }, open: () => revokeAccess.press(does.payload, turn) };
}

/** Who has the app. Who may not see that reads who may: a question is no refused attempt. */
export async function offerHolders(named: Named, turn: Turn): Promise<Offer | undefined> {
  if (named.kind === 'bundle') return undefined;
  const { app } = named;
  if ((await appsSeenBy([app], turn)).length === 0) return undefined;
  if (!mayAt(turn.actor, 'see app', app)) return notShown(named, turn);
  return {
    button: {
      label: t`Who has ${app.name}?`,
      does: turnHoldersPage.with({ integrationId: app.id, page: 0 }),
    },
    open: () => openHolders(app.id, turn),
  };
}

async function notShown(named: Named, turn: Turn): Promise<Offer> {
  const own = await offerRequest(named, { end: undefined }, turn);
  const card = withButtons(
    note(
      t`You can't see who has ${named.name}`,
      sentences(
        t`Only the app's owners, Latchkey admins and auditors can.`,
        await askAnAdmin(turn, named.kind === 'app' ? named.app : undefined),
      ),
    ),
    ...(own ? [own.button] : []),
    ownAccess(turn).button,
  );
  const offer = own ?? ownAccess(turn);
  return { ...offer, isAnswer: true, open: async () => sayToPerson(card) };
}

/** What they requested, and what became of it. */
export const ownRequests = (turn: Turn): Offer => ({
  button: { label: t`Your requests`, does: showRequests.with({ scope: 'mine', page: 0 }) },
  open: () => openOwnRequests(turn),
});

/** What they may request. */
export const anyRequest = (turn: Turn): Offer => ({
  button: wordButton(t`Request access…`, 'request'),
  open: () => openRequest([], turn),
});

/** Their own access, where the app is on that card. */
export async function offerOwnAccess(named: Named, turn: Turn): Promise<Offer | undefined> {
  return named.kind === 'app' && (await isOnOwnCard(named.app, turn)) ? ownAccess(turn) : undefined;
}

export const ownAccess = (turn: Turn): Offer => ({
  button: wordButton(t`Your access`, 'access'),
  open: () => openAccess(turn.actor, turn),
});

/** The access of someone whom they may see. */
export const accessOfThem = (person: Person, isNamesake: boolean, turn: Turn): Offer => ({
  button: {
    label: t`Access of ${calledOf(person, isNamesake)}`,
    about: t`Access of ${fullName(person)}: ${person.email}`,
    does: pickPerson.with({ personId: person.id, purpose: 'access' }),
  },
  open: () => openAccess(person, turn),
});

/** The form of their last day, with that day, or what is planned already. @param day an ISO date */
export const offerLastDay = (
  person: Person,
  isNamesake: boolean,
  { day, turn }: { readonly day: string | undefined; readonly turn: Turn },
): Offer => ({
  button: {
    label: t`Plan the last day of ${calledOf(person, isNamesake)}…`,
    about: t`Plan the last day of ${fullName(person)}: ${person.email}`,
    does: offboardPerson.with({ personId: person.id, day }),
  },
  open: () => planFor({ person, day }, turn),
});

/** For who plans none. It is a statement, and no refused attempt. */
export const lastDayIsForAdmins = (turn: Turn): Offer => ({
  ...ownAccess(turn),
  isAnswer: true,
  open: async () =>
    sayToPerson(
      await noteToAsk(t`You can't plan someone's last day`, t`Only Latchkey admins can.`, turn),
    ),
});

/** The form that cancels what is planned for their last day. */
export async function offerStay(
  person: Person,
  isNamesake: boolean,
  turn: Turn,
): Promise<Offer | undefined> {
  const current = await turn.stores.offboardings.current(person.id);
  if (current?.state !== 'planned') return undefined;
  const does = stopOffboarding.with({ offboardingId: current.id });
  return {
    button: {
      label: t`Cancel the last day of ${calledOf(person, isNamesake)}…`,
      about: t`Cancel the last day of ${fullName(person)}: ${person.email}`,
      does,
    },
    open: () => stopOffboarding.press(does.payload, turn),
  };
}

/** Nobody planned one. */
export const noLastDay = (people: readonly Person[], turn: Turn): Offer => ({
  ...ownAccess(turn),
  isAnswer: true,
  open: async () =>
    sayToPerson(
      note(
        t`No last day is planned for ${someNames(people.map(fullName), MAX_NAMESAKES)}`,
        t`So there is nothing to cancel.`,
      ),
    ),
});
/** In one title. */
const MAX_NAMESAKES = 3;

/** The form that makes someone active again who had left. */
export const offerReactivate = (person: Person, isNamesake: boolean, turn: Turn): Offer => {
  const does = reactivatePerson.with({ personId: person.id });
  return {
    button: {
      label: t`Reactivate ${calledOf(person, isNamesake)}…`,
      about: t`Reactivate ${fullName(person)}: ${sayAddress(person)}`,
      does,
    },
    open: () => reactivatePerson.press(does.payload, turn),
  };
};

/** What sequences give them, and when. */
export const offerTimeline = (person: Person, isNamesake: boolean): Offer => ({
  button: {
    label: t`Timeline of ${calledOf(person, isNamesake)}`,
    about: t`Timeline of ${fullName(person)}: ${person.email}`,
    does: openTimeline.with({ personId: person.id }),
  },
  open: async () => showCard(timelineRef(person.id)),
});

/** The bundles that have all of these apps, for a sentence that names several. */
export async function offerBundlesOf(
  named: readonly Named[],
  { end }: Pick<ForPerson, 'end'>,
  turn: Turn,
): Promise<readonly Offer[]> {
  const ids = named.flatMap((each) => (each.kind === 'app' ? [each.app.id] : []));
  if (ids.length < 2) return [];
  const offered = await offeredBundles(turn.actor, '', turn);
  const having = offered.filter(({ items }) =>
    ids.every((id) => items.some(({ integrationId }) => integrationId === id)),
  );
  const offers = having
    .toSorted((a, b) => a.items.length - b.items.length)
    .map(({ bundle }) =>
      offerRequest({ kind: 'bundle', name: bundle.name, bundle }, { end }, turn),
    );
  return (await Promise.all(offers.slice(0, 1))).flatMap((each) => each ?? []);
}

/** The form that gives it back; it says where there is nothing to give back. */
export async function offerGiveBack(named: Named, turn: Turn): Promise<Offer | undefined> {
  if (named.kind === 'bundle' || !(await isOnOwnCard(named.app, turn))) return undefined;
  const does = giveBack.with({ integrationId: named.app.id });
  return {
    button: { label: t`Give back ${named.name}…`, does },
    open: () => giveBack.press(does.payload, turn),
  };
}

const grantsAccess = async (app: Integration, stores: Turn['stores']): Promise<boolean> =>
  isManual(app) || (await provisionOf(stores, app)) !== undefined;

const isOnOwnCard = async (app: Integration, turn: Turn): Promise<boolean> =>
  (await onOwnCard([app], turn)).length > 0;
