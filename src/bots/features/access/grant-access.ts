/** Grant…: shows the integration's form with options from the app, then starts the run. */
import { HOUR_MS, HOURS_A_DAY } from '../../../core/hours.ts';
import { readExplained } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { startGrant } from '../../../engine/access/grant.ts';
import { endOfHolds } from '../../../engine/access/hold.ts';
import { isInFlight, isPaused } from '../../../engine/access/removals/removal.ts';
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
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { chosenForApprovalAt, grantsAlone } from '../../../engine/requests/needs-approval.ts';
import type { RunInputs } from '../../../engine/runs/run.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { grantByHand } from '../../../engine/tasks/by-hand.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  formAction,
  type OrRefused,
  type Reply,
  type SubmitReply,
  sayHere,
  showCard,
} from '../../view/action.ts';
import { note, type Text } from '../../view/card.ts';
import type { Fields, Values } from '../../view/form.ts';
import { requestInstead, withApprovals } from '../requests/request-instead.ts';
import { runRef } from '../runs/run-ref.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { taskCard } from '../tasks/task-card.ts';
import { MAX_REASON, REASON } from '../typed-text.ts';
import { type AccessRef, about, allowed } from './allowed.ts';
import { type ByHandWish, byHandFields, byHandWish, whoDoesIt } from './by-hand-form.ts';
import {
  answersInWords,
  answersTo,
  changedForm,
  FORM,
  factsIn,
  grantFields,
  grantTitle,
  knownOf,
  optionsAt,
  refuseFact,
  whoGetsWhat,
} from './grant-form.ts';
import {
  lengthFields,
  readLength,
  type WishedLength,
  wishedEnd,
  wishedLength,
} from './length-fields.ts';

export const grantAccess = formAction({
  id: 'access.grant',
  /** `wished`: until when the actor wrote that the person needs it. */
  payload: about.extend({ wished: wishedEnd.optional() }),
  admit: lookUpGrant,
  title: () => t`Grant access`,
  submitLabel: () => t`Grant`,

  async fields(target, { person, integration, manifest, ...turn }) {
    const own = manifest
      ? await grantFields(
          manifest,
          await knownOf(person, turn.stores),
          optionsAt(integration, person, turn),
        )
      : byHandFields();
    const wished = wishedLength(target.wished, policyOf(integration).longestHours, {
      ...turn,
      beginsNow: true,
    });
    const fields: Fields = {
      ...(await withApprovals(manifest?.form ?? [], own, turn)),
      ...(await askLength({ person, integration, wished: wished.length }, turn)),
      ...(await askReason(person, integration, turn)),
      ...codeFieldOf(integration),
    };
    return {
      title: grantTitle(integration.name),
      intro: [
        ...(await introduce({ person, integration, questions: Object.keys(fields).length }, turn)),
        ...wished.said,
      ],
      fields,
    };
  },

  async submit(values, _payload, { person, integration, manifest, shown, ...turn }) {
    const length = readLength(values, policyOf(integration).longestHours);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const { hours } = length;
    const reason = reasonIn(values);
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    if (!manifest)
      return askSomeone({ person, integration, hours, reason, ...byHandWish(values) }, turn);
    const form = answersTo(FORM, values);
    const facts = factsIn(values);
    if (unansweredOf(manifest, form).length > 0)
      return sayHere(changedForm(t`Nothing was granted`, integration));
    const answers = answersInWords(manifest, values, shown);
    return grantNow({ person, integration, form, answers, hours, reason, facts }, shown, turn);
  },
});

interface Grant extends Required<Pick<RunInputs, 'form' | 'answers'>>, PersonAtApp {
  readonly facts: Readonly<Record<string, string>>;
  /** Undefined for no end date. */
  readonly hours: number | undefined;
  /** Why it is granted although it is being removed. */
  readonly reason: string | undefined;
}

/**
 * Starts the run, or requests access where that needs approval. Answers with the card of the run or request.
 * @param shown the fields that the form had
 */
export const grantNow = (grant: Grant, shown: Fields, turn: Turn): Promise<SubmitReply> =>
  turn.transact(async (tx) => {
    const options = await chosenForApprovalAt(tx, grant.integration, grant.form);
    if (options.length === 0 || (await grantsAlone(tx, actorOf(turn))))
      return grantIn(tx, grant, turn);
    // The form has no reason field if the options were marked after it was opened.
    return Object.hasOwn(shown, REASON)
      ? requestInstead(tx, { ...grant, options }, turn)
      : sayHere(changedForm(t`Nothing was granted`, grant.integration));
  });

async function grantIn(
  tx: Transaction,
  { facts, hours, ...wish }: Grant,
  turn: Turn,
): Promise<SubmitReply> {
  const actor = actorOf(turn);
  const started = await startGrant(tx, { ...wish, actor, hours, typed: { facts } });
  if (started.kind === 'refused' && started.fact !== undefined)
    return refuseFact({ name: started.fact, why: started.why });
  return started.kind === 'refused'
    ? sayHere(note(t`Nothing was granted`, started.why))
    : showCard(runRef(started.run.id));
}

/** For a manual integration, a person gets a task. The time of the grant begins when the task is done. */
async function askSomeone(
  wish: Pick<Grant, 'person' | 'integration' | 'hours' | 'reason'> & ByHandWish,
  turn: Turn,
): Promise<Reply> {
  const asked = await turn.transact((tx) =>
    grantByHand(tx, { ...wish, actor: actorOf(turn), shownTo: turn.actor.id }),
  );
  return asked.kind === 'refused'
    ? sayHere(note(t`Nothing was granted`, asked.why))
    : showCard(taskCard.with({ taskId: asked.task.id }));
}

/**
 * Opens with the time that is left, so that a second grant doesn't remove the end date by accident.
 * @param before the hours of the last grant, where that one failed
 */
export async function askLength(
  { person, integration, wished = {} }: AskedLength,
  { stores, now }: Turn,
  before = 0,
): Promise<Fields> {
  const { longestHours } = policyOf(integration);
  const open = await stores.holds.openAt(person.id, integration.id);
  const end = endOfHolds(open);
  const left = end ? hoursLeft(end, now()) : before;
  return lengthFields({
    longest: longestHours,
    whose: 'they',
    initial: left > 0 ? left : longestHours,
    ...wished,
  });
}

interface AskedLength extends PersonAtApp {
  /** What the actor wrote. */
  readonly wished?: WishedLength['length'];
}

/** Whole days where it is more than one, so that nobody reads "239 hours". */
function hoursLeft(end: Date, now: Date): number {
  const hours = Math.ceil((end.getTime() - now.getTime()) / HOUR_MS);
  return hours > HOURS_A_DAY ? Math.ceil(hours / HOURS_A_DAY) * HOURS_A_DAY : hours;
}

/** A grant withdraws a removal that is stuck or waits for someone, so the form asks for a reason. */
export async function askReason(
  person: Person,
  integration: Integration,
  { stores, now }: Turn,
): Promise<Fields> {
  const removal = await stores.removals.open(person.id, integration.id);
  if (!removal || isInFlight(removal, now()) || isPaused(removal, now())) return {};
  return {
    [REASON]: {
      kind: 'text',
      label: t`Why grant it anyway?`,
      hint: t`Granting stops the removal. Your reason is kept in the audit log.`,
      multiline: true,
      maxLength: MAX_REASON,
    },
  };
}

/** Undefined where none was given, or asked for. */
export function reasonIn({ [REASON]: reason }: Values<Fields>): string | undefined {
  return typeof reason === 'string' ? reason : undefined;
}

type LookedUp = OrRefused<{
  readonly person: Person;
  readonly integration: Integration;
  /** Undefined for a manual integration. */
  readonly manifest: Manifest | undefined;
}>;

export async function lookUpGrant(target: AccessRef, turn: Turn): Promise<LookedUp> {
  const { person, integration, refused } = await allowed('grant', target, turn);
  if (refused) return { refused };
  if (isManual(integration)) return { person, integration, manifest: undefined };
  const unusable = (why: string): LookedUp => ({
    refused: note(t`${integration.name} can't be used now`, why),
  });
  const manifest = await manifestOf(turn.stores, integration);
  if (!manifest)
    return unusable(t`Latchkey can no longer read its manifest. An admin needs to save it again.`);
  const notSetUp = await whyNotSetUp(turn.stores, integration, manifest);
  return notSetUp === undefined ? { person, integration, manifest } : unusable(notSetUp);
}

/** For whom and for which integration, and what is known of the access already. */
async function introduce(
  {
    person,
    integration,
    questions,
  }: Pick<Grant, 'person' | 'integration'> & { readonly questions: number },
  turn: Turn,
): Promise<readonly Text[]> {
  const access = await turn.stores.access.find(person.id, integration.id);
  const known: Text[] =
    access?.state === 'has'
      ? [
          [
            isManual(integration)
              ? t`${fullName(person)} already has it.`
              : t`${fullName(person)} already has access. Grant runs every step again.`,
          ],
        ]
      : access?.state === 'unknown'
        ? [
            [
              t`${fullName(person)}'s access is not confirmed. ${readExplained(access.reason, { seesDetail: maySeeSetUp(turn.actor) })}`,
            ],
          ]
        : [];
  const doer: Text[] = isManual(integration)
    ? [[await whoDoesIt(person, integration, turn.stores)]]
    : [];
  return [whoGetsWhat(person, integration.name, questions), ...doer, ...known];
}
