/** Applies a plan: one transaction for each thing, in an order in which what it refers to is there. */
import type { Json } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import { deleteBundle } from '../bundles/change-bundle.ts';
import { setOwnedFields } from '../imports/owned-fields.ts';
import { turnOff } from '../integrations/change-integration.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { turnOff as turnRuleOff } from '../rules/change-rule.ts';
import { changeSequence } from '../sequences/change-sequence.ts';
import { saveSettings } from '../settings/save-settings.ts';
import { settingsOf, workspace } from '../settings/settings.ts';
import {
  type Documents,
  documentOf,
  type FileProblem,
  type FileThing,
  type StoredThing,
  type Thing,
} from './document.ts';
import { SETTINGS_ID } from './managed.ts';
import { referencesIn } from './named.ts';
import { type Change, isAsPlanned, type Plan, type Unchanged } from './plan.ts';
import { Refused, refuse, resolved } from './resolve.ts';
import { findThing } from './things.ts';
import { type Written, writeIntegration } from './write-integration.ts';
import { writeBundle, writeRule, writeSequence } from './write-others.ts';

type Writing = Pick<Database, 'stores' | 'transact'>;

export type Applied =
  | { readonly ok: true; readonly thing: FileThing; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** What was applied before one that is refused stays; nothing after it is tried. */
export async function* applyPlan(
  database: Writing,
  plan: Plan,
  by: ChangedBy,
): AsyncGenerator<Applied> {
  const begun = new Map<Change, StoredThing>();
  const asked = askedIntegrations(plan);
  for (const change of plan.changes) {
    const begin = isAwaited(change, asked) ? addFirst : givesToOther(change, plan) && giveUpFirst;
    if (!begin) continue;
    const outcome = await attempt(change.thing, async () => {
      begun.set(change, await database.transact((tx) => begin(tx, change, { plan, ...by })));
      return [];
    });
    if (!outcome.ok) {
      yield outcome;
      return;
    }
  }
  for (const change of plan.changes) {
    const stored = begun.get(change) ?? change.stored;
    const outcome = await attempt(change.thing, async () => {
      const written = await database.transact((tx) =>
        write(tx, { ...change, stored }, { plan, ...by }),
      );
      return written.notes;
    });
    yield outcome;
    if (!outcome.ok) return;
  }
}

async function attempt(thing: FileThing, work: () => Promise<readonly string[]>): Promise<Applied> {
  try {
    return { ok: true, thing, notes: await work() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problems: error.problems.map((each) => ({ file: thing.file, ...each })) };
  }
}

/** By name, those that the policy of an integration asks. */
const askedIntegrations = ({ changes }: Plan): ReadonlySet<string> =>
  new Set(
    changes
      .filter(({ thing }) => thing.kind === 'integration')
      .flatMap(({ thing }) => referencesIn(thing.document))
      .flatMap(({ to, value }) => (to === 'integration' ? value : [])),
  );

/** A new integration that the policy of another one asks. Two may ask each other. */
const isAwaited = ({ thing, stored }: Change, asked: ReadonlySet<string>): boolean =>
  thing.kind === 'integration' && !stored && asked.has(thing.name);

type Begin = ChangedBy & { readonly plan: Plan };

/** Turned off until the rest of its file counts. */
async function addFirst(
  tx: Transaction,
  { thing }: Change,
  { actor }: Begin,
): Promise<StoredThing> {
  await requireFree(tx, thing);
  const { name, icon, assignee } = documentOf('integration', thing.document);
  const document = { name, icon, turnedOn: false };
  const first = assignee && { assignee: await resolved(tx, assignee) };
  const of = { document: { ...document, ...first }, manifest: thing.manifest };
  const { id } = await writeIntegration(tx, undefined, { ...of, actor });
  return (await findThing(tx, 'integration', id)) ?? refuse('has just been deleted; run it again');
}

const ownedIn = (thing: Thing | undefined): readonly Json[] => {
  const owns = thing?.document['owns'];
  return Array.isArray(owns) ? (owns as readonly Json[]) : [];
};

/** An import that owns a field which the files give to another one. Two may swap theirs. */
const givesToOther = ({ thing, stored }: Change, { changes }: Plan): boolean =>
  ownedIn(stored).some(
    (field) =>
      !ownedIn(thing).includes(field) &&
      changes.some((each) => ownedIn(each.thing).includes(field)),
  );

/** Nobody owns the field until the other one's file is applied. */
async function giveUpFirst(
  tx: Transaction,
  { thing, stored }: Change,
  { plan, actor }: Begin,
): Promise<StoredThing> {
  await tx.integrations.lockOwnedFields();
  const now = await asPlanned(tx, stored, plan);
  const integration = now && (await tx.integrations.find(now.id));
  if (!integration) return refuse(CHANGED_SINCE);
  const kept = (settingsOf(integration).owns ?? []).filter((field) =>
    ownedIn(thing).includes(field),
  );
  const owned = await setOwnedFields(tx, integration, { fields: kept, actor });
  if (!owned.ok) refuse(owned.why, 'owns');
  return (await findThing(tx, 'integration', integration.id)) ?? refuse(CHANGED_SINCE);
}

const CHANGED_SINCE = 'has changed since the plan was made; run it again to see how it is now';

/** As it is now. @throws {Refused} where that isn't what the plan saw */
async function asPlanned(
  tx: Transaction,
  stored: StoredThing | undefined,
  plan: Plan,
): Promise<StoredThing | undefined> {
  const now = stored && (await findThing(tx, stored.kind, stored.id));
  return stored && !(now && isAsPlanned(now, stored, plan)) ? refuse(CHANGED_SINCE) : now;
}

async function write(
  tx: Transaction,
  { thing, stored }: Change,
  { plan, ...by }: ChangedBy & { readonly plan: Plan },
): Promise<Written> {
  // As chat does: of two who choose the same field for two imports, only one succeeds.
  if (thing.kind === 'integration' && thing.document['owns'] !== undefined)
    await tx.integrations.lockOwnedFields();
  // Nobody else changes it from here on.
  if (stored?.kind === 'integration') await tx.integrations.hold(stored.id, 'alone');
  await asPlanned(tx, stored, plan);
  if (!stored) await requireFree(tx, thing);
  const written = await writeKind(tx, { thing, stored }, by);
  await tx.managedThings.put({
    kind: thing.kind,
    id: written.id,
    file: thing.file,
    appliedAt: tx.now,
  });
  return written;
}

/** The plan found no other one of this name. @throws {Refused} */
async function requireFree(tx: Transaction, { kind, name }: Thing): Promise<void> {
  if (kind === 'settings') return;
  const { integrations: integration, bundles: bundle, rules: rule, sequences: sequence } = tx;
  if (await { integration, bundle, rule, sequence }[kind].findByName(name))
    refuse(
      'has the name of one that is there by now, or is still being deleted; run it again',
      'name',
    );
}

async function writeKind(
  tx: Transaction,
  { thing, stored }: Pick<Change, 'thing' | 'stored'>,
  by: ChangedBy,
): Promise<Written> {
  const document = await resolved(tx, thing.document);
  const written = (id: string) => ({ id, notes: [] });
  switch (thing.kind) {
    case 'settings':
      // It sets all of them, so it also mends those that can't be read.
      await saveSettings(tx, wholeSettings(documentOf('settings', document)), by);
      return written(SETTINGS_ID);
    case 'integration':
      return writeIntegration(tx, stored?.id, {
        document: documentOf('integration', document),
        manifest: thing.manifest,
        ...by,
      });
    case 'bundle':
      return written(
        await writeBundle(tx, stored?.id, { document: documentOf('bundle', document), ...by }),
      );
    case 'rule':
      return written(
        await writeRule(tx, stored?.id, { document: documentOf('rule', document), ...by }),
      );
    case 'sequence':
      return written(
        await writeSequence(tx, stored?.id, { document: documentOf('sequence', document), ...by }),
      );
    default:
      return unreachable(thing.kind);
  }
}

/** What the file leaves out is set to its default. */
const wholeSettings = (said: Documents['settings']): Documents['settings'] => ({
  ...Object.fromEntries(Object.keys(workspace.shape).map((key) => [key, undefined])),
  ...said,
});

/** Their files manage them from now on, though nothing else of them changes. */
export async function manageUnchanged(
  { transact }: Writing,
  unchanged: readonly Unchanged[],
): Promise<void> {
  if (unchanged.length === 0) return;
  await transact((tx) => {
    const marks = unchanged.map(({ thing: { kind, file }, stored: { id } }) => ({
      kind,
      id,
      file,
      appliedAt: tx.now,
    }));
    return tx.managedThings.put(...marks);
  });
}

/**
 * No file names it any more: it is turned off, and a bundle, which takes nothing from anyone, is deleted. Chat deletes
 * integrations: there someone says what happens to the access that people have.
 */
export async function prune(
  { transact }: Writing,
  stored: StoredThing,
  { plan, ...by }: Begin,
): Promise<Applied> {
  const thing = { ...stored, file: stored.name };
  return attempt(thing, async () => {
    await transact(async (tx) => {
      await asPlanned(tx, stored, plan);
      await turnOffKind(tx, stored, by);
      await tx.managedThings.delete(stored.kind, stored.id);
    });
    return [];
  });
}

async function turnOffKind(
  tx: Transaction,
  { kind, id }: StoredThing,
  by: ChangedBy,
): Promise<void> {
  if (kind === 'bundle') {
    const deleted = await deleteBundle(tx, id, by);
    if (!deleted.ok) refuse(deleted.why);
  } else if (kind === 'rule') {
    const off = await turnRuleOff(tx, id, by);
    if (!off.ok) refuse(off.why);
  } else if (kind === 'sequence') {
    const off = await changeSequence(tx, id, { change: { isOn: false }, ...by });
    if (!off.ok) refuse(off.why);
  } else {
    const integration = await tx.integrations.find(id);
    if (integration) await turnOff(tx, integration, by);
  }
}

/** It stays as it is, and is managed in chat again. */
export const release = ({ transact }: Writing, { kind, id }: StoredThing): Promise<void> =>
  transact((tx) => tx.managedThings.delete(kind, id));
