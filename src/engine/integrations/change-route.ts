/** Changes of a policy's route: in a draft, which counts when an admin applies it. */
import { t } from '../../core/translate.ts';
import type { ChangedBy, Integration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { MAX_CASES, MAX_CONDITIONS, MAX_STAGES, MAX_WHEN, type Route } from '../settings/route.ts';
import { FOR_ROUTE, type Policy, policyOf, routeOf, settingsOf } from '../settings/settings.ts';
import { type ChangeResult, done, failed } from '../work/change-result.ts';
import { changeSettings, whyUnread } from './change-integration.ts';

/** The route as the card shows it: with the changes that don't count yet. */
export const editedRoute = (integration: Pick<Integration, 'settings'>): Route =>
  settingsOf(integration).routeDraft ?? routeOf(policyOf(integration));

/**
 * Changes the draft.
 * @param seen the integration's version on the card: if someone has changed it since, that is an error
 */
export async function editRoute(
  tx: Transaction,
  integrationId: string,
  {
    seen,
    change,
    ...by
  }: ChangedBy & { readonly seen: number; readonly change: (route: Route) => Route },
): Promise<ChangeResult<Integration>> {
  const found = await current(tx, integrationId, seen);
  if (!found.ok) return found;
  const next = change(editedRoute(found.value));
  if (next.cases.length > MAX_CASES) return failed(t`A policy has at most ${MAX_CASES} cases.`);
  if (next.cases.some(({ when }) => when.length > MAX_WHEN))
    return failed(t`A case has at most ${MAX_WHEN} conditions. Add another case instead.`);
  const all = [next.stages, ...next.cases.map(({ stages }) => stages)];
  if (all.some(({ length }) => length > MAX_STAGES))
    return failed(t`At most ${MAX_STAGES} stages follow each other.`);
  const groups = all.flat().flatMap(({ approvers }) => approvers);
  if (groups.some((each) => each.kind === 'group' && each.group.conditions.length > MAX_CONDITIONS))
    return failed(t`At most ${MAX_CONDITIONS} conditions say who approves.`);
  return changeSettings(tx, found.value, { ...by, change: { routeDraft: next } });
}

/** The draft counts from now on, for new requests. */
export async function applyRoute(
  tx: Transaction,
  integrationId: string,
  { seen, ...by }: ChangedBy & { readonly seen: number },
): Promise<ChangeResult<Integration>> {
  const found = await current(tx, integrationId, seen);
  if (!found.ok) return found;
  const policy = withRoute(policyOf(found.value), editedRoute(found.value));
  return changeSettings(tx, found.value, { ...by, change: { policy, routeDraft: undefined } });
}

export async function discardRoute(
  tx: Transaction,
  integration: Integration,
  by: ChangedBy,
): Promise<void> {
  await changeSettings(tx, integration, { ...by, change: { routeDraft: undefined } });
}

/** What a simple policy can say, it says: its form then shows who approves. */
function withRoute(policy: Policy, route: Route): Policy {
  const { cases, stages } = route;
  const [stage, ...others] = stages;
  const [only, ...more] = stage?.approvers ?? [];
  if (cases.length > 0 || others.length > 0 || more.length > 0 || stage?.differentPerson)
    return { ...policy, ...FOR_ROUTE, route };
  if (!stage)
    return { ...policy, approvers: { kind: 'automatic' }, approvals: 1, route: undefined };
  const { approvals } = stage;
  return only?.kind === 'manager' || only?.kind === 'people' || only?.kind === 'admins'
    ? { ...policy, approvers: only, approvals, route: undefined }
    : { ...policy, ...FOR_ROUTE, route };
}

async function current(
  tx: Transaction,
  integrationId: string,
  seen: number,
): Promise<ChangeResult<Integration>> {
  const integration = await tx.integrations.hold(integrationId, 'alone');
  if (!integration || integration.deletedAt) return failed(t`It has been deleted.`);
  const why = await whyUnread(tx, integration, {});
  if (why !== undefined) return failed(why);
  return integration.version === seen
    ? done(integration)
    : failed(
        t`${integration.name} has just changed. Its card shows it as it is now; try again there.`,
      );
}
