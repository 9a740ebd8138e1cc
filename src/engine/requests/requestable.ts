/** Whether access can be requested for someone, and who would approve it. */
import { t } from '../../core/translate.ts';
import { type HeldAnswers, needsApprovalToKeep } from '../access/held-answers.ts';
import { type StateStores, statesOf } from '../integrations/integration-state.ts';
import { manifestsOf } from '../integrations/manifest-of.ts';
import {
  type Actor,
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
} from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';
import type { Stage } from '../settings/route.ts';
import { policyOf, routeOf } from '../settings/settings.ts';
import { type Approvers, approversNow } from './approvers.ts';
import { chooseStages } from './choose-stages.ts';
import { chosenForApprovalAt, countedStages, grantsAlone } from './needs-approval.ts';
import type { At } from './seats/seat.ts';

/**
 * Why this can't be requested for the person, as a sentence for people; undefined where it can.
 * @param insteadOfGrant who may grant it may request it, too
 */
export function whyNotRequest(
  person: Person,
  integration: Integration,
  { insteadOfGrant = false }: { readonly insteadOfGrant?: boolean | undefined } = {},
): string | undefined {
  const { requesters } = policyOf(integration);
  if (integration.deletedAt) return t`${integration.name} was deleted.`;
  if (!integration.enabled)
    return t`${integration.name} is turned off. An admin can turn it on again.`;
  if (!person.active) return t`${fullName(person)} has left.`;
  if (insteadOfGrant) return undefined;
  if (requesters.kind === 'nobody') return t`${integration.name} can't be requested here.`;
  if (requesters.kind === 'departments') {
    const theirs = person.department?.trim().toLowerCase();
    if (!requesters.departments.some((each) => each.trim().toLowerCase() === theirs))
      return t`Only people in ${requesters.departments.join(', ')} can request ${integration.name}.`;
  }
  return undefined;
}

/** Those of them that can, in their order. An app without its secrets or its connection could grant nothing. */
export async function requestableOf(
  stores: StateStores,
  person: Person,
  apps: readonly Integration[],
): Promise<readonly Integration[]> {
  const allowed = apps.filter((each) => whyNotRequest(person, each) === undefined);
  const manifests = await manifestsOf(stores, allowed);
  const granting = new Map([...manifests].filter(([, { kind }]) => kind === 'provision'));
  const states = await statesOf(stores, allowed, granting);
  return states.flatMap(({ integration, state: { kind } }) =>
    kind === 'manual' || kind === 'ready' ? integration : [],
  );
}

export const isRequestable = async (
  stores: StateStores,
  person: Person,
  integration: Integration,
): Promise<boolean> => (await requestableOf(stores, person, [integration])).length > 0;

/** A request that isn't made yet. */
export interface ForeseenRequest extends PersonAtApp {
  readonly actor: Actor;
  readonly requester: Person;
  /** The answers that it would grant. */
  readonly form: RunInputs['form'];
  /** What it would extend, whose answers stay. */
  readonly held?: HeldAnswers | undefined;
}

export type Approval =
  | { readonly kind: 'automatic'; readonly stages: readonly Stage[] }
  | {
      readonly kind: 'approvers';
      readonly stages: readonly Stage[];
      readonly approvers: Approvers;
    }
  /** Integrations are asked first: their answers choose the stages. */
  | { readonly kind: 'checking' }
  /** It can't be requested. `why` is a sentence for people. */
  | { readonly kind: 'no-approvers'; readonly why: string };

export async function foreseeApproval(
  stores: Stores,
  request: ForeseenRequest,
  at: At,
): Promise<Approval> {
  const { actor, requester, person, integration, form, held } = request;
  const facts = { person, requester, form: formThatDecides(held, form) };
  const chosen = await chooseStages(routeOf(policyOf(integration)), facts, stores);
  if (chosen.kind === 'ask') return { kind: 'checking' };
  const { stages } = chosen;
  const isNeeded = async (): Promise<boolean> =>
    held
      ? needsApprovalToKeep(held)
      : (await chosenForApprovalAt(stores, integration, form)).length > 0;
  if (await isUnapproved(stages, { by: actor, needsApproval: isNeeded }, stores))
    return { kind: 'automatic', stages };
  const counted = await countedStages(stages, isNeeded);
  const asked = { personId: person.id, requestedById: requester.id };
  const approvers = await approversNow({ request: asked, integration, counted }, stores, at);
  return approvers.state === 'stuck'
    ? { kind: 'no-approvers', why: noApprovers(approvers, request) }
    : { kind: 'approvers', stages, approvers };
}

/** The answers by which its stages are chosen: those of what it extends, if there is such. Undefined where they are no longer known. */
export const formThatDecides = <Form>(
  held: HeldAnswers | undefined,
  form: Form,
): Form | HeldAnswers['form'] | undefined =>
  held === undefined ? form : held.isComplete ? held.form : undefined;

/** Nobody has to approve it where it has no stage, unless it is for what needs approval. */
export const isUnapproved = async (
  stages: readonly Stage[],
  about: { readonly by: Actor; readonly needsApproval: () => Promise<boolean> },
  stores: Stores,
): Promise<boolean> =>
  stages.length === 0 && ((await grantsAlone(stores, about.by)) || !(await about.needsApproval()));

/** Why it can't be requested although the policy lets them: nobody could approve it. */
export function noApprovers(
  { seats, needed, stages }: Approvers,
  { requester, person, integration }: Pick<ForeseenRequest, 'requester' | 'person' | 'integration'>,
): string {
  if (seats.length === 0 && isAdmin(requester) && stages === 1)
    return person.id === requester.id
      ? t`No one else can approve it: you're the only admin. Grant ${integration.name} to yourself, or name another approver in its settings.`
      : t`No one else can approve it: you're the only admin. Grant ${integration.name} to ${fullName(person)} yourself, or name another approver in its settings.`;
  return needed === 1 && stages === 1
    ? t`No one can approve it now. Ask a Latchkey admin to name an approver for ${integration.name}.`
    : t`Too few people can approve it now. Ask a Latchkey admin to name more approvers for ${integration.name}.`;
}
