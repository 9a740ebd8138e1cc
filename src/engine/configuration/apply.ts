/** Applies a plan: one transaction for each thing, in an order in which what it refers to is there. */
import { unreachable } from '../../core/unreachable.ts';
import { deleteBundle } from '../bundles/change-bundle.ts';
import { lockOwnedFields } from '../imports/owned-fields.ts';
import { turnOff } from '../integrations/change-integration.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { turnOff as turnRuleOff } from '../rules/change-rule.ts';
import { changeSequence } from '../sequences/change-sequence.ts';
import { saveSettings } from '../settings/save-settings.ts';
import { workspace } from '../settings/settings.ts';
import {
  type Documents,
  documentOf,
  type FileProblem,
  type FileThing,
  type StoredThing,
} from './document.ts';
import { SETTINGS_ID } from './managed.ts';
import { referencesIn } from './named.ts';
import { type Change, isAsPlanned, type Plan } from './plan.ts';
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
  const added = new Map<Change, StoredThing>();
  for (const change of plan.changes.filter((each) => isAwaited(each, plan))) {
    const outcome = await attempt(change, async () => {
      added.set(change, await addFirst(database, change, by));
      return [];
    });
    if (!outcome.ok) {
      yield outcome;
      return;
    }
  }
  for (const change of plan.changes) {
    const stored = added.get(change) ?? change.stored;
    const outcome = await attempt(change, async () => {
      const written = await database.transact((tx) =>
        write(tx, { ...change, stored }, { plan, ...by }),
      );
      return written.notes;
    });
    yield outcome;
    if (!outcome.ok) return;
  }
}

async function attempt(
  { thing }: Change,
  work: () => Promise<readonly string[]>,
): Promise<Applied> {
  try {
    return { ok: true, thing, notes: await work() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problems: error.problems.map((each) => ({ file: thing.file, ...each })) };
  }
}

/** A new integration that the policy of another one asks. Two may ask each other. */
const isAwaited = ({ thing, stored }: Change, { changes }: Plan): boolean =>
  thing.kind === 'integration' &&
  !stored &&
  changes.some(
    (other) =>
      other.thing.kind === 'integration' &&
      referencesIn(other.thing.document).some(
        ({ to, value }) => to === 'integration' && value === thing.name,
      ),
  );

/** Turned off until the rest of its file counts. */
async function addFirst(
  { transact }: Writing,
  { thing }: Change,
  by: ChangedBy,
): Promise<StoredThing> {
  const { name, icon, assignee } = documentOf('integration', thing.document);
  const document = { name, icon, turnedOn: false };
  return transact(async (tx) => {
    const first = assignee && { assignee: await resolved(tx, assignee) };
    const of = { document: { ...document, ...first }, manifest: thing.manifest };
    const { id } = await writeIntegration(tx, undefined, { ...of, ...by });
    return (
      (await findThing(tx, 'integration', id)) ?? refuse('has just been deleted; run it again')
    );
  });
}

async function write(
  tx: Transaction,
  { thing, stored }: Change,
  { plan, ...by }: ChangedBy & { readonly plan: Plan },
): Promise<Written> {
  // As chat does: of two who choose the same field for two imports, only one succeeds.
  if (thing.kind === 'integration' && thing.document['owns'] !== undefined)
    await lockOwnedFields(tx);
  // Nobody else changes it from here on.
  if (stored?.kind === 'integration') await tx.integrations.hold(stored.id, 'alone');
  const now = stored && (await findThing(tx, stored.kind, stored.id));
  if (stored && !(now && isAsPlanned(now, stored, plan)))
    return refuse('has changed since the plan was made; run it again to see how it is now');
  const written = await writeKind(tx, { thing, stored }, by);
  await tx.managedThings.put({
    kind: thing.kind,
    id: written.id,
    file: thing.file,
    appliedAt: tx.now,
  });
  return written;
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

/** The files manage them from now on, though nothing changed. @returns how many they didn't manage before */
export async function manageUnchanged(
  { stores, transact }: Writing,
  { unchanged }: Pick<Plan, 'unchanged'>,
): Promise<number> {
  const managed = await stores.managedThings.list();
  const fresh = unchanged.filter(
    ({ thing, stored: { kind, id } }) =>
      !managed.some((each) => each.kind === kind && each.id === id && each.file === thing.file),
  );
  await transact(async (tx) => {
    for (const { thing, stored } of fresh) {
      const { kind, file } = thing;
      await tx.managedThings.put({ kind, id: stored.id, file, appliedAt: tx.now });
    }
  });
  return fresh.length;
}

/**
 * No file names it any more: it is turned off, and a bundle, which takes nothing from anyone, is deleted. Chat deletes
 * integrations: there someone says what happens to the access that people have.
 */
export async function prune(
  { transact }: Writing,
  stored: StoredThing,
  by: ChangedBy,
): Promise<Applied> {
  const thing = { ...stored, file: stored.name };
  return attempt({ thing, stored, fields: [] }, async () => {
    await transact(async (tx) => {
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
