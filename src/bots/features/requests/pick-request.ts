/** `request`: picks what to request, and for whom: mostly the actor themselves. */
import { z } from 'zod';
import { hasWords, isSameName } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import type { BundleWithItems } from '../../../engine/bundles/offered-bundles.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { isOtherAddress, peopleCalled } from '../../../engine/people/people-called.ts';
import { isAdmin, may } from '../../../engine/people/permission.ts';
import { breakGlassHours } from '../../../engine/requests/break-glass.ts';
import { requestableOf } from '../../../engine/requests/requestable.ts';
import type { Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type PressReply,
  type Reply,
  replaceWith,
  sayToPerson,
} from '../../view/action.ts';
import { type Button, type Card, note, type Row, strong, withButtons } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import { bundleOffer, offeredBundles, openBundleForm } from '../bundles/request-bundle.ts';
import { sameAs } from '../bundles/same-as.ts';
import { MAX_SEARCH } from '../list-card.ts';
import { onPage, pageFoot, pageShown } from '../paging.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';
import { type WrittenEnd, writtenEnd } from '../sentences/written-end.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { breakGlass } from './break-glass.ts';
import { askForAccess, refuseRequesting } from './request-access.ts';

/** `personId`: for whom. Left out: the actor. */
const shown = pageShown.extend({
  search: z.string().max(MAX_SEARCH),
  personId: z.string().optional(),
});
type RequestPickerPayload = z.infer<typeof shown>;

export const turnRequestPage = buttonAction({
  id: 'request.page',
  payload: shown,
  handle: async (wanted, turn: Turn) => replaceWith(await picker(wanted, turn)),
});

/** An app or a bundle that they may request. */
type Offer =
  | { readonly kind: 'app'; readonly name: string; readonly app: Integration }
  | { readonly kind: 'bundle'; readonly name: string; readonly bundle: BundleWithItems };

const openForm = (
  offer: Offer,
  { personId, end }: Pick<PickerFilter, 'personId' | 'end'>,
  turn: Turn,
): Promise<PressReply> =>
  offer.kind === 'bundle'
    ? openBundleForm(offer.bundle, personId, turn)
    : askForAccess.press(
        askForAccess.with({ integrationId: offer.app.id, personId, wished: end }).payload,
        turn,
      );

interface PickerFilter {
  readonly search: string;
  /** For whom. Undefined: the actor. */
  readonly personId?: string | undefined;
  /** Until when, where that was written. */
  readonly end?: WishedEnd | undefined;
}

/** `request`, `request asana`, `request asana for Ben`, `request asana until Friday`. */
export async function openRequest(args: CommandText, turn: Turn): Promise<PressReply> {
  const typed = plainText(args).trim();
  const written = await writtenEnd(args, turn);
  // A name may have the words of an end in it.
  const form =
    (await requestOf({ rest: typed, end: undefined }, turn)) ??
    (written && (await requestOf(written, turn)));
  const search = (written?.rest ?? typed).slice(0, MAX_SEARCH);
  return form ?? sayToPerson(await picker({ search, page: 0 }, turn));
}

async function requestOf({ rest, end }: WrittenEnd, turn: Turn): Promise<PressReply | undefined> {
  const own = await askedFor({ search: rest.slice(0, MAX_SEARCH), end }, turn);
  if (own) return own;
  const others = (await mayRequestForOthers(turn)) ? forWhom(rest) : undefined;
  const found = others && (await peopleCalled(turn.stores.people, others.typed));
  const [person, ...more] = found?.people ?? [];
  if (!others || !person || more.length > 0 || (await refuseRequesting(person, turn)))
    return undefined;
  const wanted = { search: others.app, personId: person.id };
  if (isOtherAddress(person, others.typed))
    return sayToPerson(
      withButtons(
        note(
          t`No one has the address ${others.typed}`,
          t`${fullName(person)} has ${person.email}. Is that who you mean?`,
        ),
        {
          label: t`Request for ${fullName(person)}…`,
          about: t`Request for ${fullName(person)}: ${person.email}`,
          does: turnRequestPage.with({ ...wanted, page: 0 }),
        },
      ),
    );
  return (
    (await askedFor({ ...wanted, end }, turn)) ??
    sayToPerson(await picker({ ...wanted, page: 0 }, turn))
  );
}

/** The form of the only app or bundle of that name that may be requested. */
async function askedFor(
  { search, personId, end }: PickerFilter,
  turn: Turn,
): Promise<PressReply | undefined> {
  if (search === '') return undefined;
  const person = await turn.stores.people.find(personId ?? turn.actor.id);
  const offered = person ? await offeredTo(person, search, turn) : [];
  const named = offered.filter(({ name }) => isSameName(name, search));
  const [only, ...others] = named.length > 0 ? named : offered;
  return only && others.length === 0 ? openForm(only, { personId, end }, turn) : undefined;
}

/** `asana for Ben`, `asana für Ben`. */
function forWhom(search: string): { readonly app: string; readonly typed: string } | undefined {
  const found = /^(?<app>.*?)(?:^|\s)(?:for|für)\s+(?<typed>\S.*)$/iu.exec(search)?.groups;
  if (!found) return undefined;
  const [app = '', person = ''] = [found['app'], found['typed']];
  return { app: app.trim().slice(0, MAX_SEARCH), typed: person.trim() };
}

export async function mayRequestForOthers({ stores, actor }: Turn): Promise<boolean> {
  return may(actor, 'request for') || (await stores.people.hasReports(actor.id));
}

/** The apps and bundles that can be requested for the actor or for someone else. */
async function picker({ search, page, personId }: RequestPickerPayload, turn: Turn): Promise<Card> {
  const person = await turn.stores.people.find(personId ?? turn.actor.id);
  if (!person) return note(t`This no longer exists`, t`It has been deleted.`);
  const refused = await refuseRequesting(person, turn);
  if (refused) return refused;
  const isOwn = person.id === turn.actor.id;
  const offered = await offeredTo(person, search, turn);
  const others = isOwn
    ? (await mayRequestForOthers(turn))
      ? [forSomeoneElse()]
      : []
    : [{ label: t`Same as a colleague…`, does: sameAs.with({ personId: person.id }) }];
  if (offered.length === 0)
    return withButtons(
      search === '' ? await nothing(isOwn, turn) : noneCalled(search, personId),
      ...others,
    );
  const list = onPage(offered, page);
  const rows = list.items.map((offer) => offerRow(offer, personId));
  return withButtons(
    {
      title: isOwn ? t`What do you need?` : t`What does ${fullName(person)} need?`,
      blocks: [
        ...rows,
        ...pageFoot(
          list,
          (to) => turnRequestPage.with({ search, page: to, personId }),
          t`${offered.length} in all`,
        ),
      ],
    },
    ...others,
  );
}

function offerRow(offer: Offer, personId: string | undefined): Row {
  if (offer.kind === 'bundle') return bundleOffer(offer.bundle, personId);
  const { id: integrationId, name } = offer.app;
  return {
    kind: 'row',
    text: [strong(labelOf(offer.app))],
    buttons: [
      {
        label: t`Request…`,
        about: t`Request: ${name}`,
        does: askForAccess.with({ integrationId, personId }),
      },
    ],
    more:
      personId === undefined && breakGlassHours(offer.app) !== undefined
        ? [{ label: t`Break-glass…`, does: breakGlass.with({ integrationId }) }]
        : [],
  };
}

async function nothing(isOwn: boolean, turn: Turn): Promise<Card> {
  const title = isOwn
    ? t`There is nothing you can request`
    : t`There is nothing to request for this person`;
  if (isAdmin(turn.actor))
    return withButtons(
      note(
        title,
        t`The settings on an app's card say who may request it. Apps that aren't set up yet aren't offered.`,
      ),
      wordButton(t`Integrations`, 'integrations'),
    );
  const who = isOwn
    ? t`Latchkey admins choose what can be requested.`
    : t`Latchkey admins choose what can be requested, and by whom.`;
  return noteToAsk(title, who, turn);
}

function noneCalled(search: string, personId: string | undefined): Card {
  const does = turnRequestPage.with({ search: '', page: 0, personId });
  return withButtons(
    note(
      t`No app you can request matches "${search}"`,
      t`It may have another name here, or isn't set up yet.`,
    ),
    { label: t`View all`, does },
  );
}

/** What can be requested for this person: bundles first, then apps, both by name. */
async function offeredTo(person: Person, search: string, turn: Turn): Promise<readonly Offer[]> {
  const { stores } = turn;
  const offered: Offer[] = (await offeredBundles(person, search, turn)).map((bundle) => ({
    kind: 'bundle',
    name: bundle.bundle.name,
    bundle,
  }));
  const called = (await stores.integrations.list()).filter(({ name }) => hasWords(name, search));
  for (const app of await requestableOf(stores, person, called))
    offered.push({ kind: 'app', name: app.name, app });
  return offered;
}

// ---------------------------------------------------------------- for someone else

export const requestForSomeone = formAction({
  id: 'request.for',
  payload: z.object({}),
  title: () => t`Request for someone else`,
  submitLabel: () => t`Next`,

  async fields(_payload, turn: Turn) {
    const { picked, email } = await personFields(
      { label: t`Who is it for`, emailLabel: t`Their email address`, isNeeded: true },
      undefined,
      turn,
    );
    return {
      intro: [t`Next you'll choose what they need. They are notified, and the same rules apply.`],
      fields: { picked, email },
    };
  },

  async submit(answers, _payload, turn) {
    const found = await personAnswered(answers, turn);
    if (!found.ok) return { kind: 'invalid', errors: found.errors };
    return sayToPerson(await picker({ search: '', page: 0, personId: found.person.id }, turn));
  },
});

const forSomeoneElse = (): Button => ({
  label: t`For someone else…`,
  does: requestForSomeone.with({}),
});

/** What someone else needs, from their card. */
export const requestForThem = buttonAction({
  id: 'request.for-them',
  payload: z.object({ personId: z.string() }),
  handle: async ({ personId }, turn: Turn): Promise<Reply> =>
    sayToPerson(await picker({ search: '', page: 0, personId }, turn)),
});
