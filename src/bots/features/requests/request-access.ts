/** `request`: the actor requests access, mostly for themselves: picks an app or a bundle, fills in its form, reason and how long. */
import { z } from 'zod';
import { MAX_HOURS } from '../../../core/hours.ts';
import { sentences, t } from '../../../core/translate.ts';
import { heldToExtend, needsApprovalToKeep } from '../../../engine/access/held-answers.ts';
import type { Hold } from '../../../engine/access/hold.ts';
import { holdToExtend, isEndMoving } from '../../../engine/access/holds.ts';
import { unansweredOf } from '../../../engine/calls/run-context.ts';
import { whyNotSetUp } from '../../../engine/integrations/integration-state.ts';
import { manifestOf } from '../../../engine/integrations/manifest-of.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import {
  fullName,
  type Integration,
  isManual,
  type Person,
  type PersonAtApp,
} from '../../../engine/people/directory.ts';
import { takenFact } from '../../../engine/people/fact-claims.ts';
import { inWorkspaceLocale } from '../../../engine/people/locales.ts';
import { isAdmin, mayRequestFor } from '../../../engine/people/permission.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { RequestContent } from '../../../engine/requests/access-request.ts';
import { createRequest } from '../../../engine/requests/create-request.ts';
import { hasMarkedOptions, isLeftToAdmins } from '../../../engine/requests/needs-approval.ts';
import { readableContent } from '../../../engine/requests/readable-content.ts';
import { isRequestable, whyNotRequest } from '../../../engine/requests/requestable.ts';
import { whyAdminsWords } from '../../../engine/requests/why-admins.ts';
import { policyOf, routeOf } from '../../../engine/settings/settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayHere, showCard } from '../../view/action.ts';
import { type Card, code, note, rich, strong, type Text, withButtons } from '../../view/card.ts';
import { showEnd } from '../../view/dates.ts';
import type { Fields, Values } from '../../view/form.ts';
import { openingWith } from '../access/form-for-anyone.ts';
import {
  answersInWords,
  answersTo,
  changedForm,
  FORM,
  factsIn,
  grantFields,
  keptWords,
  knownOf,
  markApprovals,
  optionsAt,
  refuseFact,
} from '../access/grant-form.ts';
import { expiresWords } from '../access/hold-words.ts';
import {
  lengthFields,
  readLength,
  type WishedLength,
  wishedEnd,
  wishedLength,
} from '../access/length-fields.ts';
import { auditRefusal } from '../admins.ts';
import { MAX_REASON } from '../typed-text.ts';
import { askAnAdmin, askToGrant, noteToAsk } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { approvalNow, unapproved } from './approval-now.ts';
import { findPrepared } from './prepared-draft.ts';
import { requestRef } from './request-ref.ts';

/** No manifest field can have this name: they all have a prefix. */
const REASON = 'reason';

export const askForAccess = formAction({
  id: 'request.ask',
  /**
   * `personId`: whom it is for. Left out: the actor. `wished`: until when they wrote that they need it. `draftId`: of what a
   * program or a workflow wrote for them, which they check and send. `prepared`: the same on cards of before, whose buttons carried
   * it. `isFromLink`: the button stands below a link, where everyone may press it.
   */
  payload: z.object({
    integrationId: z.string(),
    personId: z.string().optional(),
    isFromLink: z.literal(true).optional(),
    wished: wishedEnd.optional(),
    draftId: z.string().optional(),
    prepared: z.unknown().optional(),
  }),
  title: () => t`Request access`,
  submitLabel: () => t`Request`,

  async fields(target, turn: Turn) {
    const asked = await lookUp(target, turn);
    if ('refused' in asked) return asked;
    const { person, integration, manifest, hold } = asked;
    const wished = wishedLength(target.wished, policyOf(integration).longestHours, {
      ...turn,
      endsAt: hold?.endsAt,
    });
    const approval = await approvalNow(asked, turn);
    if (approval.whyNone !== undefined)
      return { refused: unapproved(asked, approval.whyNone, turn) };
    const { draftId } = target;
    const about = draftId === undefined ? undefined : { draftId, personId: turn.actor.id };
    const prepared = about && (await findPrepared(turn.stores, about, turn.now()));
    const own =
      manifest && !hold
        ? markApprovals(
            manifest.form,
            await grantFields(
              manifest,
              await knownOf(person, turn.stores),
              optionsAt(integration, person, turn),
            ),
          )
        : {};
    return {
      title: hold ? t`Keep ${integration.name} for longer` : t`Request ${integration.name}`,
      intro: [
        ...(await introduce(asked, approval.words, turn)),
        ...wished.said,
        ...((about || target.prepared !== undefined) && !prepared ? [[expired()]] : []),
      ],
      fields: {
        ...openingWith(own, prepared?.answers ?? {}),
        ...commonFields(asked, { ...wished, reason: prepared?.reason }, turn),
      },
    };
  },

  async submit(values, target, { shown: shownFields, ...turn }) {
    const found = await lookUp(target, turn);
    if ('refused' in found) return sayHere(found.refused);
    const { person, integration, manifest, hold } = found;
    const length = readLength(values, policyOf(integration).longestHours);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const form = answersTo(FORM, values);
    // An extension has no form fields, so answers to any come from an outdated form.
    const isOutdated = hold
      ? Object.keys(form).length > 0
      : manifest && unansweredOf(manifest, form).length > 0;
    if (isOutdated) return sayHere(changedForm(t`Nothing was requested`, integration));
    const typed = { personId: person.id, facts: factsIn(values), actor: actorOf(turn) };
    const taken = await takenFact(turn.stores, typed);
    if (taken) return refuseFact(taken);
    const outcome = await turn.transact((tx) =>
      createRequest(tx, {
        actor: actorOf(turn),
        requester: turn.actor,
        person,
        integration,
        hours: length.hours,
        content: askedOf(values, shownFields, { manifest, form }),
      }),
    );
    return outcome.kind === 'refused'
      ? sayHere(note(t`Nothing was requested`, outcome.why))
      : showCard(requestRef(outcome.request.id));
  },
});

const expired = (): string =>
  t`What was prepared for you is kept for a day only. The card still shows it, so fill in the form again.`;

/** More time by one press in the reminder. An approver reads why they needed it before. */
export const extendByPress = buttonAction({
  id: 'request.extend',
  payload: z.object({
    integrationId: z.string(),
    hours: z.number().int().min(1).max(MAX_HOURS),
    /** The end that the card showed, in ms UTC: of two presses, the second one finds another. */
    until: z.number().optional(),
  }),

  async handle({ integrationId, hours, until }, turn: Turn): Promise<Reply> {
    const found = await lookUp({ integrationId }, turn);
    if ('refused' in found) return sayHere(found.refused);
    const { person, integration, hold } = found;
    // It ended meanwhile: a grant needs the answers of its form.
    if (!hold) return sayHere(endedMeanwhile(integration));
    if (until !== undefined && hold.endsAt?.getTime() !== until)
      return sayHere(extendedMeanwhile(integration, hold, turn));
    const outcome = await turn.transact(async (tx) => {
      const content = { reason: await reasonBefore(tx, hold), form: {}, answers: [], facts: {} };
      const wish = { actor: actorOf(turn), requester: person, person, integration, hours };
      return createRequest(tx, { ...wish, content });
    });
    return outcome.kind === 'refused'
      ? sayHere(note(t`Nothing was requested`, outcome.why))
      : showCard(requestRef(outcome.request.id));
  },
});

async function reasonBefore(tx: Transaction, { requestId }: Hold): Promise<string> {
  const before = requestId === undefined ? undefined : await tx.requests.find(requestId);
  const reason = before && (await readableContent(tx, before.id))?.reason;
  return reason || inWorkspaceLocale(tx, async () => t`They still need it.`);
}

const extendedMeanwhile = ({ name }: Integration, { endsAt }: Hold, turn: Turn): Card =>
  note(
    endsAt ? t`You have ${name} until ${showEnd(endsAt, turn)}` : t`You have ${name}`,
    t`Its end date has changed since you got this card. Nothing was requested.`,
  );

const endedMeanwhile = ({ id: integrationId, name }: Integration): Card =>
  withButtons(note(t`Your access to ${name} has ended`, t`You can request it again.`), {
    label: t`Request again…`,
    does: askForAccess.with({ integrationId }),
  });

type FoundForm = RequestForm | { readonly refused: Card };

interface RequestForm extends PersonAtApp {
  /** Undefined for a manual integration. */
  readonly manifest: Manifest | undefined;
  /** The hold that an extension would extend. Undefined where there is none. */
  readonly hold: Hold | undefined;
}

interface RequestTarget {
  readonly integrationId: string;
  readonly personId?: string | undefined;
  readonly isFromLink?: true | undefined;
}

async function lookUp(
  { integrationId, personId, isFromLink }: RequestTarget,
  turn: Turn,
): Promise<FoundForm> {
  const { stores, actor } = turn;
  const [person, integration] = await Promise.all([
    stores.people.find(personId ?? actor.id),
    stores.integrations.find(integrationId),
  ]);
  // A link may be to any app: of one that they can't request, only admins read the name.
  if (
    isFromLink &&
    !isAdmin(actor) &&
    !(person && integration && (await isRequestable(stores, person, integration)))
  )
    return { refused: await notByLink(turn) };
  if (!person || !integration)
    return { refused: note(t`This no longer exists`, t`It has been deleted.`) };
  const refused = await refuseRequesting(person, turn);
  if (refused) return { refused };
  const why = whyNotRequest(person, integration);
  const isOwn = person.id === actor.id;
  if (why !== undefined)
    return {
      refused: note(
        isOwn
          ? t`You can't request ${integration.name}`
          : t`You can't request ${integration.name} for ${fullName(person)}`,
        sentences(why, await askToGrant({ person, integration }, turn)),
      ),
    };
  const open = await stores.requests.openFor(person.id, integration.id);
  if (open) return { refused: alreadyRequested(integration, isOwn ? undefined : person) };
  const hold = await holdToExtend(stores, person.id, integration.id);
  if (isManual(integration)) return { person, integration, hold, manifest: undefined };
  const manifest = await manifestOf(stores, integration);
  const unusable = (reason: string): FoundForm => ({
    refused: note(t`${integration.name} can't be used now`, reason),
  });
  if (!manifest)
    return unusable(t`Latchkey can no longer read its manifest. An admin needs to save it again.`);
  if (manifest.kind !== 'provision') return unusable(t`It doesn't grant access.`);
  // More time of what they have needs nothing from the app.
  const notSetUp = hold ? undefined : await whyNotSetUp(stores, integration, manifest);
  if (notSetUp !== undefined) return unusable(notSetUp);
  return { person, integration, hold, manifest };
}

const notByLink = async (turn: Turn): Promise<Card> =>
  note(
    t`You can't request this app`,
    rich`Write ${code('request')} to me for those that you can.`,
    sentences(t`For this one, you need a Latchkey admin.`, await askAnAdmin(turn)),
  );

/** @param other undefined for the actor's own */
const alreadyRequested = ({ name }: Integration, other: Person | undefined): Card =>
  other
    ? note(
        t`${name} is already requested for ${fullName(other)}`,
        t`It's waiting for approval. They can withdraw it, and so can the person who requested it.`,
      )
    : withButtons(
        note(t`You have already requested ${name}`, t`It's waiting for approval.`),
        wordButton(t`Your requests`, 'requests'),
      );

/** @returns the card that refuses to request for this person; undefined where the actor may. The refusal is in the audit log */
export async function refuseRequesting(person: Person, turn: Turn): Promise<Card | undefined> {
  const actor = await turn.stores.people.find(turn.actor.id);
  if (actor && mayRequestFor(actor, person)) return undefined;
  await auditRefusal(() => t`request access for someone else`, turn, { personId: person.id });
  return noteToAsk(
    t`You can't request access for this person`,
    t`Their manager, the helpdesk and Latchkey admins can. Nothing changed.`,
    turn,
  );
}

async function introduce(
  { person, integration, manifest, hold }: RequestForm,
  approval: readonly Text[],
  turn: Turn,
): Promise<readonly Text[]> {
  const policy = policyOf(integration);
  const held = hold && (await heldToExtend(turn.stores, person.id, integration));
  const isExcepted =
    isLeftToAdmins(routeOf(policy).stages) &&
    (held ? needsApprovalToKeep(held) : hasMarkedOptions(manifest?.form ?? []));
  const isOwn = person.id === turn.actor.id;
  // An extension has no fields, so no option of its form is marked.
  const exception: Text[] = isExcepted
    ? [
        held
          ? [whyAdminsWords('needs-approval', isOwn)]
          : [t`Options marked "needs approval" go to a Latchkey admin.`],
      ]
    : [];
  const has = await hasWords({ person, integration, hold }, turn);
  const kept = hold?.endsAt ? keptWords(held?.answers ?? []) : [];
  const known: Text[] = [...(has === undefined ? [] : [[has]]), ...kept];
  const name = fullName(person);
  const whom: Text[] = isOwn
    ? []
    : [rich`For ${strong(name)} (${person.email}), who is notified and can withdraw it.`];
  return [...whom, ...approval, ...exception, ...known];
}

/** What they have now; undefined where that is nothing. */
async function hasWords(
  { person, integration, hold }: Pick<RequestForm, 'person' | 'integration' | 'hold'>,
  turn: Turn,
): Promise<string | undefined> {
  const { stores, actor } = turn;
  const name = fullName(person);
  const isOwn = person.id === actor.id;
  const isThere = (await stores.access.find(person.id, integration.id))?.state === 'has';
  if (!hold?.endsAt) {
    if (!isThere) return undefined;
    return isOwn
      ? t`You already have it. If this is approved, it's set up again.`
      : t`${name} already has it. If this is approved, it's set up again.`;
  }
  if (await isEndMoving(stores, hold))
    return t`The grant is still waiting, so its time hasn't begun. This requests more time.`;
  if (!isThere) return sentences(expiresWords(hold.endsAt, turn), t`This requests more time.`);
  const end = showEnd(hold.endsAt, turn);
  return isOwn
    ? t`You have it until ${end}. This requests more time.`
    : t`${name} has it until ${end}. This requests more time.`;
}

function commonFields(
  { person, integration, hold }: RequestForm,
  { length, reason }: WishedLength & { readonly reason: string | undefined },
  { actor }: Turn,
): Fields {
  const isOwn = person.id === actor.id;
  const [why, whyStill] = isOwn
    ? [t`Why do you need it?`, t`Why do you still need it?`]
    : [t`Why do they need it?`, t`Why do they still need it?`];
  return {
    [REASON]: {
      kind: 'text',
      label: hold ? whyStill : why,
      multiline: true,
      maxLength: MAX_REASON,
      initial: reason,
      hint: isOwn ? t`Your approver will see this.` : t`They and the approver will see this.`,
    },
    ...lengthFields({
      longest: policyOf(integration).longestHours,
      whose: isOwn ? 'you' : 'they',
      label: hold ? t`For how much longer` : undefined,
      ...length,
    }),
  };
}

function askedOf(
  values: Values<Fields>,
  fields: Fields,
  { manifest, form }: Pick<RequestContent, 'form'> & { readonly manifest: Manifest | undefined },
): RequestContent {
  return {
    reason: String(values[REASON] ?? ''),
    form,
    answers: manifest ? answersInWords(manifest, values, fields) : [],
    facts: factsIn(values),
  };
}
