/** `request`: the actor requests access for themselves: picks an app or a bundle, fills in its form, reason and how long. */
import { z } from 'zod';
import { hasWords, isSameName } from '../../../core/fold.ts';
import { MAX_HOURS } from '../../../core/hours.ts';
import { sentences, t } from '../../../core/translate.ts';
import { heldToExtend, needsApprovalToKeep } from '../../../engine/access/held-answers.ts';
import type { Hold } from '../../../engine/access/hold.ts';
import { holdToExtend } from '../../../engine/access/holds.ts';
import { optionsOf } from '../../../engine/integrations/form-options.ts';
import { manifestOf, provisionOf } from '../../../engine/integrations/manifest-of.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import {
  fullName,
  type Integration,
  isManual,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { takenFact } from '../../../engine/people/fact-claims.ts';
import { inWorkspaceLocale } from '../../../engine/people/locales.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { RequestContent } from '../../../engine/requests/access-request.ts';
import {
  approversNow,
  isLeftToAdmins,
  whyAdminsWords,
} from '../../../engine/requests/approvers.ts';
import { createRequest, whyNotRequest } from '../../../engine/requests/create-request.ts';
import { hasMarkedOptions } from '../../../engine/requests/needs-approval.ts';
import { policyInWords } from '../../../engine/requests/policy-words.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type PressReply, type Reply } from '../../view/action.ts';
import { type Block, type Card, note, type Text, withButtons } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { showEnd } from '../../view/dates.ts';
import type { Fields, Values } from '../../view/form.ts';
import {
  answersInWords,
  answersTo,
  FACT,
  FORM,
  factsIn,
  grantFields,
  keptWords,
  knownOf,
  markApprovals,
} from '../access/grant-form.ts';
import { lengthFields, readLength } from '../access/length-fields.ts';
import {
  bundleOffer,
  type OfferedBundle,
  offeredBundles,
  openBundleForm,
} from '../bundles/request-bundle.ts';
import { onPage, pageFoot, pageShown } from '../paging.ts';
import { someNames } from '../some-names.ts';
import { MAX_REASON, tooLong } from '../typed-text.ts';
import { wordButton } from '../word-button.ts';
import { requestRef } from './request-ref.ts';

/** No manifest field can have this name: they all have a prefix. */
const REASON = 'reason';

export const askForAccess = formAction({
  id: 'request.ask',
  payload: z.object({ integrationId: z.string() }),
  title: () => t`Request access`,
  submitLabel: () => t`Request`,

  async fields({ integrationId }, turn: Turn) {
    const asked = await lookUp(integrationId, turn);
    if ('refused' in asked) return asked;
    const { person, integration, manifest, hold } = asked;
    const own =
      manifest && !hold
        ? markApprovals(
            manifest.form,
            await grantFields(manifest, await knownOf(person, turn.stores), ({ id }) =>
              optionsOf({ personId: person.id, integrationId, fieldId: id }, turn),
            ),
          )
        : {};
    return {
      title: hold ? t`Keep ${integration.name} for longer` : t`Request ${integration.name}`,
      intro: await introduce(asked, turn),
      fields: { ...own, ...commonFields(asked) },
    };
  },

  async submit(values, { integrationId }, turn, shownFields) {
    const found = await lookUp(integrationId, turn);
    if ('refused' in found) return answer(found.refused);
    const { person, integration, manifest, hold } = found;
    const length = readLength(values, policyOf(integration).longestHours);
    const reason = tooLong(String(values[REASON] ?? ''), MAX_REASON);
    if (!length.ok || reason)
      return {
        kind: 'invalid',
        errors: {
          ...(!length.ok && length.errors),
          ...(reason && { [REASON]: reason }),
        },
      };
    const form = answersTo(FORM, values);
    // An extension has no form fields, so answers to any come from an outdated form.
    const isOutdated = hold ? Object.keys(form).length > 0 : manifest && lacks(manifest, form);
    if (isOutdated) return answer(outdated(integration));
    const typed = { personId: person.id, facts: factsIn(values), actor: actorOf(turn) };
    const taken = await takenFact(turn.stores, typed);
    if (taken) return { kind: 'invalid', errors: { [FACT + taken.name]: taken.why } };
    const outcome = await turn.transact((tx) =>
      createRequest(tx, {
        actor: actorOf(turn),
        requester: person,
        person,
        integration,
        hours: length.hours,
        content: askedOf(values, manifest, form, shownFields),
      }),
    );
    return outcome.kind === 'refused'
      ? answer(note(t`Nothing was requested`, outcome.why))
      : { kind: 'show', card: requestRef(outcome.request.id) };
  },
});

/** More time by one press in the reminder. An approver reads why they needed it before. */
export const extendByPress = buttonAction({
  id: 'request.extend',
  payload: z.object({ integrationId: z.string(), hours: z.number().int().min(1).max(MAX_HOURS) }),

  async handle({ integrationId, hours }, turn: Turn): Promise<Reply> {
    const found = await lookUp(integrationId, turn);
    if ('refused' in found) return answer(found.refused);
    const { person, integration, hold } = found;
    // It ended meanwhile: a grant needs the answers of its form.
    if (!hold) return answer(endedMeanwhile(integration));
    const outcome = await turn.transact(async (tx) => {
      const content = { reason: await reasonBefore(tx, hold), form: {}, answers: [], facts: {} };
      const wish = { actor: actorOf(turn), requester: person, person, integration, hours };
      return createRequest(tx, { ...wish, content });
    });
    return outcome.kind === 'refused'
      ? answer(note(t`Nothing was requested`, outcome.why))
      : { kind: 'show', card: requestRef(outcome.request.id) };
  },
});

async function reasonBefore(tx: Transaction, { requestId }: Hold): Promise<string> {
  const before = requestId === undefined ? undefined : await tx.requests.find(requestId);
  const reason = before && (await tx.requests.content(before.id)).reason;
  return reason || inWorkspaceLocale(tx, async () => t`They still need it.`);
}

const endedMeanwhile = ({ id: integrationId, name }: Integration): Card => ({
  title: t`Your access to ${name} has ended`,
  blocks: [
    { kind: 'text', text: [t`You can request it again.`] },
    {
      kind: 'buttons',
      buttons: [{ label: t`Request again…`, does: askForAccess.with({ integrationId }) }],
    },
  ],
});

type FoundForm = RequestForm | { readonly refused: Card };

interface RequestForm {
  readonly person: Person;
  readonly integration: Integration;
  /** Undefined for a manual integration. */
  readonly manifest: Manifest | undefined;
  /** The hold that an extension would extend. Undefined where there is none. */
  readonly hold: Hold | undefined;
}

async function lookUp(integrationId: string, { stores, actor }: Turn): Promise<FoundForm> {
  const [person, integration] = await Promise.all([
    stores.people.find(actor.id),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration)
    return { refused: note(t`This no longer exists`, t`It has been deleted.`) };
  const why = whyNotRequest(person, integration);
  if (why !== undefined) return { refused: note(t`You can't request ${integration.name}`, why) };
  const open = await stores.requests.openFor(person.id, integration.id);
  if (open)
    return {
      refused: withButtons(
        note(t`You have already requested ${integration.name}`, t`It's waiting for approval.`),
        wordButton(t`Your requests`, 'requests'),
      ),
    };
  const hold = await holdToExtend(stores, person.id, integration.id);
  if (isManual(integration)) return { person, integration, hold, manifest: undefined };
  const manifest = await manifestOf(stores, integration);
  if (manifest?.kind === 'provision') return { person, integration, hold, manifest };
  return {
    refused: note(
      t`${integration.name} can't be used now`,
      manifest
        ? t`It doesn't grant access.`
        : t`Latchkey can no longer read its manifest. An admin needs to save it again.`,
    ),
  };
}

const lacks = ({ form }: Manifest, answers: RequestContent['form']): boolean =>
  form.some(({ id, required }) => required && !Object.hasOwn(answers, id));

async function introduce(
  { person, integration, manifest, hold }: RequestForm,
  turn: Turn,
): Promise<readonly Text[]> {
  const policy = policyOf(integration);
  const [rule = ''] = await policyInWords(policy, turn.stores);
  const goesTo = await approverWords({ person, integration }, turn);
  const held = hold && (await heldToExtend(turn.stores, person.id, integration));
  const isExcepted =
    isLeftToAdmins(policy) &&
    (held ? needsApprovalToKeep(held) : hasMarkedOptions(manifest?.form ?? []));
  const exception: Text[] = isExcepted
    ? [[t`Options that need approval go to a Latchkey admin.`]]
    : [];
  const access = await turn.stores.access.find(person.id, integration.id);
  const known: Text[] = hold?.endsAt
    ? [
        [t`You have it until ${showEnd(hold.endsAt, turn)}. This requests more time.`],
        ...keptWords(held?.answers ?? []),
      ]
    : access?.state === 'has'
      ? [[t`You already have it. If this is approved, it's set up again.`]]
      : [];
  return [[rule], ...(goesTo === undefined ? [] : [[goesTo]]), ...exception, ...known];
}

/** Whom the request goes to, by name, and why to them. Undefined where nobody has to approve it. */
async function approverWords(
  { person, integration }: Pick<RequestForm, 'person' | 'integration'>,
  { stores, now, installation }: Turn,
): Promise<string | undefined> {
  if (policyOf(integration).approvers.kind === 'automatic') return undefined;
  const request = { personId: person.id, requestedById: person.id };
  const at = { now: now(), timeZone: installation.timeZone };
  const { seats, whyAdmins } = await approversNow({ request, integration }, stores, at);
  const names = someNames(
    seats.map(({ approver }) => fullName(approver)),
    NAMED,
  );
  if (names === '') return undefined;
  const isManagers = policyOf(integration).approvers.kind === 'manager';
  return isManagers && person.managerId === undefined
    ? t`Goes to ${names}, since you have no manager on record.`
    : sentences(t`Goes to ${names}.`, whyAdmins && whyAdminsWords(whyAdmins, true));
}

/** How many approvers are named. */
const NAMED = 3;

const commonFields = ({ integration, hold }: RequestForm): Fields => ({
  [REASON]: {
    kind: 'text',
    label: hold ? t`Why do you still need it?` : t`Why do you need it?`,
    multiline: true,
    hint: t`Your approver will see this.`,
  },
  ...lengthFields({
    longest: policyOf(integration).longestHours,
    whose: 'you',
    label: hold ? t`For how much longer` : undefined,
  }),
});

function askedOf(
  values: Values<Fields>,
  manifest: Manifest | undefined,
  form: RequestContent['form'],
  fields: Fields,
): RequestContent {
  return {
    reason: String(values[REASON] ?? ''),
    form,
    answers: manifest ? answersInWords(manifest, values, fields) : [],
    facts: factsIn(values),
  };
}

const outdated = ({ name }: Integration): Card =>
  note(
    t`Nothing was requested`,
    t`The form for ${name} has changed since you opened it. Open it again.`,
  );

const answer = (card: Card): Reply => ({ kind: 'say', to: 'here', card });

// ---------------------------------------------------------------- picking one

const shown = pageShown.extend({ search: z.string() });
type RequestPickerPayload = z.infer<typeof shown>;

export const turnRequestPage = buttonAction({
  id: 'request.page',
  payload: shown,
  handle: async (wanted, turn: Turn) => ({ kind: 'replace', card: await picker(wanted, turn) }),
});

/** An app or a bundle that they may request. */
type Offer =
  | { readonly kind: 'app'; readonly name: string; readonly app: Integration }
  | { readonly kind: 'bundle'; readonly name: string; readonly bundle: OfferedBundle };

/** The form for the app or bundle of that name. Undefined where they can request none of that name. */
export async function requestNamed(name: string, turn: Turn): Promise<PressReply | undefined> {
  const [offer] = (await offeredTo(turn, name)).filter((each) => isSameName(each.name, name));
  return offer && openForm(offer, turn);
}

const openForm = (offer: Offer, turn: Turn): Promise<PressReply> =>
  offer.kind === 'bundle'
    ? openBundleForm(offer.bundle, turn)
    : askForAccess.press(askForAccess.with({ integrationId: offer.app.id }).payload, turn);

/** `request`, `request asana`. */
export async function openRequest(args: CommandText, turn: Turn): Promise<PressReply> {
  const search = plainText(args).trim();
  const offered = await offeredTo(turn, search);
  const named = offered.filter(({ name }) => isSameName(name, search));
  const [only, ...others] = named.length > 0 ? named : offered;
  if (search !== '' && only && others.length === 0) return openForm(only, turn);
  return { kind: 'say', to: 'person', card: await picker({ search, page: 0 }, turn) };
}

async function picker({ search, page }: RequestPickerPayload, turn: Turn): Promise<Card> {
  const offered = await offeredTo(turn, search);
  if (offered.length === 0) return search === '' ? nothing() : noneCalled(search);
  const list = onPage(offered, page);
  const rows = await Promise.all(list.items.map((offer) => offerBlocks(offer, turn)));
  return {
    title: t`What do you need?`,
    blocks: [
      ...rows.flat(),
      ...pageFoot(
        list,
        (to) => turnRequestPage.with({ search, page: to }),
        t`${offered.length} in all`,
      ),
    ],
  };
}

async function offerBlocks(offer: Offer, turn: Turn): Promise<readonly Block[]> {
  if (offer.kind === 'bundle') return [await bundleOffer(offer.bundle, turn)];
  const { id: integrationId, name } = offer.app;
  return [
    { kind: 'text', text: [{ kind: 'strong', text: labelOf(offer.app) }] },
    {
      kind: 'buttons',
      buttons: [{ label: t`Request ${name}…`, does: askForAccess.with({ integrationId }) }],
    },
  ];
}

const nothing = (): Card =>
  note(
    t`There is nothing you can request`,
    t`Latchkey admins choose what can be requested. Ask one of them, or your manager.`,
  );

function noneCalled(search: string): Card {
  const { title, blocks } = note(
    t`No app you can request matches "${search}"`,
    t`It may have another name here, or isn't set up yet.`,
  );
  const does = turnRequestPage.with({ search: '', page: 0 });
  const button = { label: t`View all`, does };
  return { title, blocks: [...blocks, { kind: 'buttons', buttons: [button] }] };
}

/** What this person may request: bundles first, then apps, both by name. */
async function offeredTo(turn: Turn, search: string): Promise<readonly Offer[]> {
  const { stores, actor } = turn;
  const bundles = await offeredBundles(turn, search);
  const offered: Offer[] = bundles.map((bundle) => ({
    kind: 'bundle',
    name: bundle.bundle.name,
    bundle,
  }));
  for (const integration of await stores.integrations.list()) {
    if (whyNotRequest(actor, integration) !== undefined) continue;
    if (!hasWords(integration.name, search)) continue;
    if (isManual(integration) || (await provisionOf(stores, integration)))
      offered.push({ kind: 'app', name: integration.name, app: integration });
  }
  return offered;
}
