/** What of a plan needs an admin's OK first. In chat a form or a dry run asks for it. */
import { fold } from '../../core/fold.ts';
import type { BundleItem } from '../bundles/bundle.ts';
import { askedIds } from '../integrations/integrations.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { following, givesNow } from '../rules/give-bundle.ts';
import { type Impact, impactOf, type RuleChanging } from '../rules/impact.ts';
import type { At } from '../rules/load-rules.ts';
import type { ItemRef, Rule } from '../rules/rule.ts';
import { isMoreAutomatic } from '../settings/route.ts';
import { policyOf, routeOf } from '../settings/settings.ts';
import { type Documents, documentOf } from './document.ts';
import { sameJson, wholePolicy } from './normal-form.ts';
import type { Change, Plan } from './plan.ts';
import { isBundle } from './things.ts';

/** Sentences of the command line. A rule's impact is for its caller to put into words. */
export interface Question {
  readonly change: Change;
  readonly why: readonly string[];
  /** Undefined: it changes no rule that is on. */
  readonly impact?: Impact;
  /** Whether it needs an OK; else it is only to be shown. */
  readonly asks: boolean;
}

export async function questionsOf(
  stores: Stores,
  plan: Plan,
  at: At,
): Promise<readonly Question[]> {
  const questions: Question[] = [];
  for (const change of plan.changes) {
    const why = await reasonsOf(stores, change);
    const rules = await rulesChangedBy(stores, change);
    const impact = rules.length > 0 ? await impactOf(stores, rules, at) : undefined;
    if (why.length > 0 || impact)
      questions.push({
        change,
        why,
        ...(impact && { impact }),
        asks: why.length > 0 || impact?.isLarge === true,
      });
  }
  return questions;
}

async function reasonsOf(stores: Stores, { thing, stored }: Change): Promise<readonly string[]> {
  if (thing.kind !== 'integration') return [];
  const next = documentOf('integration', thing.document);
  const before = stored ? await stores.integrations.find(stored.id) : undefined;
  const manifest =
    thing.manifest === undefined ? undefined : manifestIn({ manifest: thing.manifest });
  const reasons: string[] = [];
  if (before?.settings?.asksForCodes)
    reasons.push('It is a sensitive app: in chat, this change asks for a code.');
  const policy = next.policy ? wholePolicy(next.policy) : policyOf({});
  // Both with names: ids would make other cases of the same ones.
  const was = stored ? documentOf('integration', stored.document).policy : undefined;
  if (isMoreAutomatic(routeOf(was ? wholePolicy(was) : policyOf({})), routeOf(policy)))
    reasons.push('Requests are approved without anyone that were not before.');
  if (before?.enabled && !next.turnedOn)
    reasons.push('It is turned off: unfinished grants stop, and what they had done is removed.');
  if (
    manifest?.kind === 'sync' &&
    next.turnedOn &&
    (!before?.enabled || stored?.manifest !== thing.manifest)
  )
    reasons.push('It imports people. Its next import goes by these files.');
  const names = stored ? await stores.secrets.names(stored.id) : [];
  const asked = manifest ? askedIds(manifest) : names;
  const lost = names.filter((name) => !asked.includes(name));
  if (lost.length > 0) reasons.push(`Its secrets are deleted for good: ${lost.join(', ')}.`);
  return reasons;
}

/** The rules that are on, before or after it, with what they would be. */
async function rulesChangedBy(stores: Stores, change: Change): Promise<readonly RuleChanging[]> {
  if (change.thing.kind === 'rule') return ruleChanging(stores, change);
  return change.thing.kind === 'bundle' && change.stored ? bundleChanging(stores, change) : [];
}

/** Ids that nothing has yet. */
const makeIds = () => {
  let made = 0;
  return () => `new ${(made += 1)}`;
};

async function ruleChanging(
  stores: Stores,
  { thing, stored }: Change,
): Promise<readonly RuleChanging[]> {
  const said = documentOf('rule', thing.document);
  const rule = stored ? await stores.rules.find(stored.id) : undefined;
  if (!rule?.isOn && !said.turnedOn) return [];
  const now: Rule = rule ?? {
    id: `new rule ${thing.name}`,
    version: 0,
    name: thing.name,
    isOn: false,
    definition: { ...said, items: [] },
    madeBy: { kind: 'system' },
    createdAt: new Date(0),
  };
  if (!said.turnedOn) return [{ rule: now, next: undefined }];
  const { matching, conditions, daysBefore, overlapDays } = said;
  const items = await itemsOf(stores, said, now);
  return [{ rule: now, next: { matching, conditions, daysBefore, overlapDays, items } }];
}

/** As they would be: what is granted already keeps its item. An app that is only in the files has its name for an id. */
async function itemsOf(
  stores: Stores,
  { grants }: Documents['rule'],
  { definition }: Rule,
): Promise<readonly ItemRef[]> {
  const newId = makeIds();
  const items: ItemRef[] = [];
  for (const grant of grants) {
    if (isBundle(grant)) {
      const bundle = await stores.bundles.findByName(grant.bundleId);
      const known = bundle ? definition.items.filter(({ bundleId }) => bundleId === bundle.id) : [];
      const version = bundle && (await stores.bundles.findVersion(bundle.versionId));
      const fresh = (version?.items ?? []).map(({ integrationId }) => ({
        id: newId(),
        integrationId,
      }));
      items.push(...(known.length > 0 ? known : fresh));
      continue;
    }
    const integration = await stores.integrations.findByName(grant.integrationId);
    const integrationId = integration?.id ?? fold(grant.integrationId);
    const known = [];
    for (const ref of definition.items) {
      const item =
        ref.integrationId === integrationId ? await stores.rules.findItem(ref.id) : undefined;
      if (item && sameJson(item.form, grant.form)) known.push(ref);
    }
    items.push(known.find((ref) => !items.includes(ref)) ?? { id: newId(), integrationId });
  }
  return items;
}

async function bundleChanging(
  stores: Stores,
  { thing, stored }: Change,
): Promise<readonly RuleChanging[]> {
  const bundle = await stores.bundles.find(stored?.id ?? '');
  const version = bundle && (await stores.bundles.findVersion(bundle.versionId));
  if (!bundle || !version) return [];
  const { apps } = documentOf('bundle', thing.document);
  const items: BundleItem[] = [];
  for (const { integrationId: name, form, hours } of apps) {
    const integration = await stores.integrations.findByName(name);
    items.push({
      integrationId: integration?.id ?? fold(name),
      form,
      answers: [],
      ...(hours !== undefined && { hours }),
    });
  }
  const giving = await stores.rules.giving(bundle.id);
  return giving
    .filter((rule) => givesNow(rule, bundle.id))
    .map((rule): RuleChanging => {
      const followed = following(
        rule,
        { bundleId: bundle.id, before: version.items, items },
        makeIds(),
      );
      return { rule, next: followed.next.definition };
    });
}
