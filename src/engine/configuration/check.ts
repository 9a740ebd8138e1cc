/** Whether what a file says can be, before anything is written: by the same functions that write it, and what chat's forms ask. */
import { compact } from '../../core/compact.ts';
import { didYouMean } from '../../core/did-you-mean.ts';
import { fold } from '../../core/fold.ts';
import { unreachable } from '../../core/unreachable.ts';
import { ownableFields } from '../imports/owned-fields.ts';
import { readEmoji } from '../integrations/emoji.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { checkFor } from '../manifest/workspace-check.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { approversProblem } from '../requests/approvers-problem.ts';
import { MAX_MEMBERS } from '../requests/groups.ts';
import { hasLargeGroup } from '../requests/try-route.ts';
import { MAX_RULES } from '../rules/rule.ts';
import { parseTemplate } from '../templates/template.ts';
import {
  bundleProblems,
  type Forms,
  formProblems,
  type GrantProblem,
  grantedProblems,
  ruleProblems,
} from './check-grants.ts';
import {
  type Documents,
  documentOf,
  type FileProblem,
  type StoredThing,
  type Thing,
} from './document.ts';
import { wholePolicy } from './normal-form.ts';
import { type Change, type Plan, thingsAfter } from './plan.ts';
import { isScheduled } from './things.ts';

/** Every problem of what would change. */
export async function checkPlan(
  stores: Stores,
  plan: Plan,
  things: readonly StoredThing[],
): Promise<readonly FileProblem[]> {
  const manifests = manifestsAfter(plan, things);
  const context = { manifests, forms: formsOf(manifests), owners: ownersOf(plan), plan };
  const problems: FileProblem[] = [];
  for (const change of plan.changes) {
    const found = await problemsOf(stores, change, context);
    problems.push(...found.map((problem) => ({ file: change.thing.file, ...problem })));
  }
  return [...problems, ...rulesBeyond(plan, things)];
}

/** New rules that would be more than there can be. */
function rulesBeyond({ changes }: Plan, things: readonly StoredThing[]): readonly FileProblem[] {
  const left = MAX_RULES - things.filter(({ kind }) => kind === 'rule').length;
  return changes
    .filter(({ thing, stored }) => thing.kind === 'rule' && !stored)
    .slice(Math.max(left, 0))
    .map(({ thing: { file } }) => ({
      file,
      place: '',
      message: `is one more than the ${MAX_RULES} rules that there can be; remove it, or delete another one in chat`,
    }));
}

/** By field, the imports that own it when the plan is applied. */
function ownersOf(plan: Plan): ReadonlyMap<string, readonly Thing[]> {
  const owners = new Map<string, Thing[]>();
  for (const thing of thingsAfter(plan)) {
    if (thing.kind !== 'integration' || thing.document['owns'] === undefined) continue;
    for (const field of documentOf('integration', thing.document).owns ?? [])
      owners.set(field, [...(owners.get(field) ?? []), thing]);
  }
  return owners;
}

/** By `fold` of the integration's name, its manifest when the plan is applied. Undefined: it has none. */
type Manifests = ReadonlyMap<string, string | undefined>;

function manifestsAfter({ changes, unchanged }: Plan, things: readonly StoredThing[]): Manifests {
  const files = [...changes, ...unchanged].map(({ thing }) => thing);
  return new Map(
    [...things, ...files].flatMap(({ kind, name, manifest }) =>
      kind === 'integration' ? [[fold(name), manifest] as const] : [],
    ),
  );
}

const formsOf =
  (manifests: Manifests): Forms =>
  (name) => {
    const manifest = manifests.get(fold(name));
    return manifest === undefined ? [] : manifestIn({ manifest })?.form.map(({ id }) => id);
  };

interface Context extends Owning {
  readonly manifests: Manifests;
  readonly forms: Forms;
  readonly plan: Plan;
}

async function problemsOf(
  stores: Stores,
  change: Change,
  { manifests, forms, owners, plan }: Context,
): Promise<readonly GrantProblem[]> {
  const { thing, stored } = change;
  switch (thing.kind) {
    case 'settings':
      return settingsProblems(documentOf('settings', thing.document), { stored, manifests });
    case 'integration':
      return integrationProblems(stores, documentOf('integration', thing.document), {
        thing,
        stored,
        owners,
      });
    case 'bundle':
      return [
        ...bundleProblems(documentOf('bundle', thing.document), forms),
        ...(await grantedProblems(stores, change, plan)),
      ];
    case 'rule':
      return ruleProblems(documentOf('rule', thing.document), { forms, plan });
    case 'sequence':
      return sequenceProblems(documentOf('sequence', thing.document), { stored, forms });
    default:
      return unreachable(thing.kind);
  }
}

function settingsProblems(
  { textProviderId: name }: Documents['settings'],
  {
    stored,
    manifests,
  }: { readonly stored: StoredThing | undefined; readonly manifests: Manifests },
): readonly GrantProblem[] {
  if (name === undefined || stored?.document['textProviderId'] === name) return [];
  const manifest = manifests.get(fold(name));
  const sendsTexts = manifest !== undefined && manifestIn({ manifest })?.kind === 'text';
  return sendsTexts
    ? []
    : [
        {
          place: 'textProvider',
          message: `${name} sends no texts; name an integration whose manifest has "type": "send_text"`,
        },
      ];
}

const LARGE_GROUP = `has a condition that more than ${MAX_MEMBERS} people match; name fewer approvers`;

async function integrationProblems(
  stores: Stores,
  { icon, policy, assignee, breakGlass, name, paused, owns = [] }: Documents['integration'],
  { thing, stored, owners }: Pick<Change, 'thing' | 'stored'> & Owning,
): Promise<readonly GrantProblem[]> {
  const { manifest } = thing;
  const emoji = icon === undefined ? undefined : readEmoji(icon);
  const wrongApprovers = policy && !policy.route && approversProblem(wholePolicy(policy));
  const checked =
    manifest === undefined
      ? undefined
      : await checkFor(stores, manifest, stored ? { id: stored.id, name } : { name });
  return compact([
    emoji && !emoji.ok && { place: 'icon', message: emoji.why },
    wrongApprovers && { place: 'policy.approvals', message: wrongApprovers.why },
    policy?.route &&
      (await hasLargeGroup(policy.route, stores)) && {
        place: 'policy.route',
        message: LARGE_GROUP,
      },
    manifest === undefined &&
      !assignee && {
        place: 'assignee',
        message: 'is needed where there is no manifest; say who does it: {"kind": "manager"}',
      },
    manifest === undefined &&
      breakGlass && {
        place: 'breakGlass',
        message: 'is for integrations with a manifest; remove it',
      },
    manifest === undefined &&
      stored?.manifest !== undefined && {
        place: '',
        message:
          'has a manifest in Latchkey and none here; export it again, or delete the integration in chat',
      },
    paused &&
      (manifest === undefined || !isScheduled({ manifest })) && {
        place: 'paused',
        message: 'is for imports with a schedule; remove it',
      },
    ...ownProblems(owns, thing, owners),
    ...(checked && !checked.ok
      ? checked.errors.map(({ place, message }) => ({
          place: place === '' ? 'manifest' : `manifest: ${place}`,
          message,
        }))
      : []),
  ]);
}

interface Owning {
  readonly owners: ReadonlyMap<string, readonly Thing[]>;
}

function ownProblems(
  owns: readonly string[],
  own: Thing,
  owners: Owning['owners'],
): readonly GrantProblem[] {
  const manifest = own.manifest === undefined ? undefined : manifestIn({ manifest: own.manifest });
  const known = manifest?.kind === 'sync' ? ownableFields(manifest) : [];
  return owns.flatMap((field, at) => {
    const place = `owns[${at}]`;
    const other = owners.get(field)?.find((each) => each !== own)?.name;
    if (!known.includes(field)) {
      const near = didYouMean(field, known);
      const cure = near === undefined ? 'remove it' : `did you mean "${near}"?`;
      return [{ place, message: `its import brings no ${field} that it could own; ${cure}` }];
    }
    return other === undefined
      ? []
      : [{ place, message: `${other} owns ${field}, too; keep it in one of them` }];
  });
}

function sequenceProblems(
  { anchor, forEveryHire, items }: Documents['sequence'],
  { stored, forms }: { readonly stored: StoredThing | undefined; readonly forms: Forms },
): readonly GrantProblem[] {
  return compact([
    stored &&
      stored.document['anchor'] !== anchor && {
        place: 'anchor',
        message: "can't be changed; give the sequence a new name, so that it becomes a new one",
      },
    forEveryHire &&
      anchor === 'end-date' && {
        place: 'forEveryHire',
        message: 'is not for sequences of the last day; remove it',
      },
    ...items.flatMap(({ when, does, waitsFor }, at) =>
      compact([
        when.kind === 'before' &&
          anchor === 'assignment' && {
            place: `items[${at}].when`,
            message: 'is before the assignment; use another kind',
          },
        ...(waitsFor !== undefined ? waitProblems(items, at) : []),
        ...(does.kind === 'grant'
          ? formProblems(does.form, forms(does.integrationId), `items[${at}].does.form`)
          : []),
        ...templateProblems(does, `items[${at}].does`),
      ]),
    ),
  ]);
}

function waitProblems(items: Documents['sequence']['items'], at: number): readonly GrantProblem[] {
  const place = `items[${at}].waitsFor`;
  const seen = new Set<number>([at]);
  for (let next = items[at]?.waitsFor; next !== undefined; next = items[next - 1]?.waitsFor) {
    if (items[next - 1]?.does.kind !== 'task')
      return [{ place, message: `item ${next} is no task of this list; give the number of one` }];
    if (seen.has(next - 1))
      return [{ place, message: 'these items wait for each other; remove one' }];
    seen.add(next - 1);
  }
  return [];
}

function templateProblems(
  does: Documents['sequence']['items'][number]['does'],
  place: string,
): readonly GrantProblem[] {
  const texts =
    does.kind === 'message'
      ? { to: does.to, subject: does.subject, text: does.text }
      : does.kind === 'task'
        ? { title: does.title, note: does.note }
        : {};
  const wrong = Object.entries(texts).flatMap(([key, text]) => {
    const parsed = parseTemplate(text);
    return parsed.ok ? [] : [{ place: `${place}.${key}`, message: parsed.problem }];
  });
  const needsSubject =
    does.kind === 'message' && does.channel === 'email' && does.subject.trim() === '';
  return needsSubject
    ? [...wrong, { place: `${place}.subject`, message: 'is empty; an email needs one' }]
    : wrong;
}
