/** What of a plan needs an admin's OK first. In chat a form or a dry run asks for it. */
import { fold } from '../../core/fold.ts';
import { isJsonObject } from '../../core/json.ts';
import type { BundleItem } from '../bundles/bundle.ts';
import { isRevealed } from '../integrations/change-integration.ts';
import { askedIds } from '../integrations/integrations.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { readManifestJson } from '../manifest/parse.ts';
import type { Manifest } from '../manifest/schema.ts';
import { addressesOf } from '../manifest/variables.ts';
import { type Integration, SYSTEM } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { chosenForApproval, noLongerMarked } from '../requests/needs-approval.ts';
import { following, givesNow } from '../rules/give-bundle.ts';
import { type Impact, impactOf, type RuleChanging } from '../rules/impact.ts';
import type { At } from '../rules/load-rules.ts';
import { definitionOf, type ItemRef, type Rule } from '../rules/rule.ts';
import type { RunInputs } from '../runs/run.ts';
import { isMoreAutomatic } from '../settings/route.ts';
import { policyOf, routeOf, settingsOf } from '../settings/settings.ts';
import { asksForCodes } from '../step-up/use-code.ts';
import { documentOf, type StoredThing, type Thing } from './document.ts';
import type { ThingKind } from './managed.ts';
import type { RefKind } from './named.ts';
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
    const after = await rulesAfter(stores, plan, change);
    const why = [
      ...(await reasonsOf(stores, change)),
      ...approvalReasons(
        plan,
        after.flatMap(({ given }) => given),
      ),
    ];
    const impact = after.length > 0 ? await impactOf(stores, after, at) : undefined;
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

/** What turning off a rule that no file names any more does; undefined where it is no rule that is on. */
export async function impactOfPruned(
  stores: Stores,
  { kind, id }: StoredThing,
  at: At,
): Promise<Impact | undefined> {
  const rule = kind === 'rule' ? await stores.rules.find(id) : undefined;
  return rule?.isOn ? impactOf(stores, [{ rule, next: undefined }], at) : undefined;
}

async function reasonsOf(stores: Stores, { thing, stored }: Change): Promise<readonly string[]> {
  if (thing.kind !== 'integration') return [];
  const next = documentOf('integration', thing.document);
  const before = stored ? await stores.integrations.find(stored.id) : undefined;
  const reasons: string[] = [];
  if (before && (asksForCodes(before) || next.asksForCodes))
    reasons.push('It is a sensitive app: in chat, this change asks for a code.');
  const policy = next.policy ? wholePolicy(next.policy) : policyOf({});
  // Both with names: ids would make other cases of the same ones.
  const was = stored ? documentOf('integration', stored.document).policy : undefined;
  if (isMoreAutomatic(routeOf(was ? wholePolicy(was) : policyOf({})), routeOf(policy)))
    reasons.push('Some requests that someone had to approve are now approved automatically.');
  if (before?.enabled && !next.turnedOn)
    reasons.push('It is turned off: unfinished grants stop, and what they had done is removed.');
  return [...reasons, ...(await manifestReasons(stores, { thing, stored }, before))];
}

async function manifestReasons(
  stores: Stores,
  { thing, stored }: Pick<Change, 'thing' | 'stored'>,
  integration: Integration | undefined,
): Promise<readonly string[]> {
  const { turnedOn, owns } = documentOf('integration', thing.document);
  const [manifest, was] = [manifestOfThing(thing), stored && manifestOfThing(stored)];
  const reasons: string[] = [];
  const isOther =
    stored?.manifest !== thing.manifest ||
    !sameJson(settingsOf(integration).owns ?? [], owns ?? []);
  if (manifest?.kind === 'sync' && turnedOn && (!integration?.enabled || isOther))
    reasons.push('It imports people. Its next import goes by these files.');
  const unmarked = manifest && was ? noLongerMarked(was.form, manifest.form) : [];
  if (unmarked.length > 0)
    reasons.push(`Options that needed approval need none any more: ${unmarked.join(', ')}.`);
  const names = stored ? await stores.secrets.names(stored.id) : [];
  const isConnected = stored !== undefined && (await stores.oauth.find(stored.id)) !== undefined;
  const known = originsIn(stored?.manifest);
  const fresh = [...originsIn(thing.manifest)].filter((origin) => !known.has(origin));
  if (fresh.length > 0 && (names.length > 0 || isConnected))
    reasons.push(
      `It calls ${fresh.join(', ')}, which it did not call before, and may send its secrets there.`,
    );
  const before = stored?.manifest === undefined ? undefined : { manifest: stored.manifest };
  const isLost = (name: string, next: Manifest): boolean =>
    !askedIds(next).includes(name) || isRevealed(name, { before, next });
  const lost = manifest ? names.filter((name) => isLost(name, manifest)) : [];
  if (lost.length > 0) reasons.push(`Its secrets are deleted for good: ${lost.join(', ')}.`);
  return reasons;
}

const manifestOfThing = ({ manifest }: Pick<Thing, 'manifest'>) =>
  manifest === undefined ? undefined : manifestIn({ manifest });

/** Where a manifest sends requests: `https://api.example.com`, or the whole address where its host has a variable. */
function originsIn(manifest: string | undefined): ReadonlySet<string> {
  const json = manifest === undefined ? undefined : readManifestJson(manifest);
  if (!json?.ok || !isJsonObject(json.value)) return new Set();
  return new Set(
    addressesOf(json.value).map(({ template }) => {
      const [origin = ''] = /^[a-z]+:\/\/[^/?#]*/i.exec(template.trim()) ?? [];
      return origin === '' || origin.includes('{') ? template.trim() : origin.toLowerCase();
    }),
  );
}

/** An app with the answers that are given, by the name that the files have for it. */
interface Given {
  readonly integration: string;
  readonly form: RunInputs['form'];
}

function approvalReasons(plan: Plan, given: readonly Given[]): readonly string[] {
  const labels = given.flatMap(({ integration, form }) => {
    const thing = plannedIn(plan, 'integration', integration)?.thing;
    const manifest = thing && manifestOfThing(thing);
    return manifest ? chosenForApproval(manifest.form, form) : [];
  });
  return labels.length === 0
    ? []
    : [
        `Its options that need approval are approved for everyone who matches, now and later: ${[...new Set(labels)].join(', ')}.`,
      ];
}

/** What the name means when the plan is applied: what a file says, else what is there. */
function plannedIn(
  { changes, unchanged, others }: Plan,
  kind: RefKind & ThingKind,
  name: string,
): { readonly thing: Thing; readonly stored: StoredThing | undefined } | undefined {
  const isIt = (thing: Thing): boolean => thing.kind === kind && thing.name === name;
  const said = [...changes, ...unchanged].find(({ thing }) => isIt(thing));
  const other = others.find(({ stored }) => isIt(stored))?.stored;
  return said ?? (other && { thing: other, stored: other });
}

/** Its id. One that the plan adds or turns on has its name for an id, since nothing could be granted there before. */
function integrationIdIn(plan: Plan, name: string): string {
  const planned = plannedIn(plan, 'integration', name);
  const isOnSoon =
    planned?.thing.document['turnedOn'] === true && planned.stored?.document['turnedOn'] === false;
  return (isOnSoon ? undefined : planned?.stored?.id) ?? fold(name);
}

interface RuleAfter extends RuleChanging {
  readonly given: readonly Given[];
}

/** The rules that are on, before or after it, with what they would be. */
async function rulesAfter(
  stores: Stores,
  plan: Plan,
  change: Change,
): Promise<readonly RuleAfter[]> {
  if (change.thing.kind === 'rule') return ruleAfter(stores, plan, change);
  return change.thing.kind === 'bundle' && change.stored
    ? followingRules(stores, plan, change)
    : [];
}

/** Ids that nothing has yet. */
const makeIds = () => {
  let made = 0;
  return () => `new ${(made += 1)}`;
};

async function ruleAfter(
  stores: Stores,
  plan: Plan,
  { thing, stored }: Change,
): Promise<readonly RuleAfter[]> {
  const said = documentOf('rule', thing.document);
  const rule = stored ? await stores.rules.find(stored.id) : undefined;
  if (!rule?.isOn && !said.turnedOn) return [];
  const { matching, conditions, daysBefore, overlapDays } = said;
  const now: Rule = rule ?? {
    id: `new rule ${thing.name}`,
    version: 0,
    name: thing.name,
    isOn: false,
    definition: { matching, conditions, daysBefore, overlapDays, items: [] },
    madeBy: SYSTEM,
    createdAt: new Date(0),
  };
  if (!said.turnedOn) return [{ rule: now, next: undefined, given: [] }];
  const given: Given[] = [];
  const items: ItemRef[] = [];
  const newId = makeIds();
  for (const grant of said.grants) {
    const apps = isBundle(grant)
      ? appsOf(plan, grant.bundleId)
      : [{ integration: grant.integrationId, form: grant.form }];
    const bundleId = isBundle(grant)
      ? plannedIn(plan, 'bundle', grant.bundleId)?.stored?.id
      : undefined;
    given.push(...apps);
    for (const app of apps) {
      const integrationId = integrationIdIn(plan, app.integration);
      // What is granted already keeps its item.
      const known = await knownItem(stores, now, {
        integrationId,
        form: app.form,
        bundleId,
        items,
      });
      items.push(known ?? { id: newId(), integrationId });
    }
  }
  return [{ rule: now, next: { matching, conditions, daysBefore, overlapDays, items }, given }];
}

async function knownItem(
  stores: Pick<Stores, 'rules'>,
  rule: Rule,
  {
    integrationId,
    form,
    bundleId,
    items,
  }: {
    readonly integrationId: string;
    readonly form: RunInputs['form'];
    readonly bundleId: string | undefined;
    readonly items: readonly ItemRef[];
  },
): Promise<ItemRef | undefined> {
  for (const ref of definitionOf(rule).items) {
    if (ref.integrationId !== integrationId || ref.bundleId !== bundleId) continue;
    const item = await stores.rules.findItem(ref.id);
    if (item && sameJson(item.form, form) && !items.includes(ref)) return ref;
  }
  return undefined;
}

const appsOf = (plan: Plan, bundle: string): readonly Given[] => {
  const thing = plannedIn(plan, 'bundle', bundle)?.thing;
  const apps = thing ? documentOf('bundle', thing.document).apps : [];
  return apps.map(({ integrationId: integration, form }) => ({ integration, form }));
};

async function followingRules(
  stores: Stores,
  plan: Plan,
  { thing, stored }: Change,
): Promise<readonly RuleAfter[]> {
  const bundle = await stores.bundles.find(stored?.id ?? '');
  const version = bundle && (await stores.bundles.findVersion(bundle.versionId));
  if (!bundle || !version) return [];
  const given = appsOf(plan, thing.name);
  const items = given.map(
    ({ integration, form }): BundleItem => ({
      integrationId: integrationIdIn(plan, integration),
      form,
      answers: [],
    }),
  );
  const giving = await stores.rules.giving(bundle.id);
  return giving
    .filter((rule) => givesNow(rule, bundle.id))
    .map((rule): RuleAfter => {
      const about = { bundleId: bundle.id, before: version.items, items };
      const { next } = following(rule, about, makeIds());
      return { rule, next: definitionOf(next), given };
    });
}
