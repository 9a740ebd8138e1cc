/** Makes an integration as its file says, by what chat and the command line do. */
import { setOwnedFields } from '../imports/owned-fields.ts';
import { pauseSchedule, resumeSchedule } from '../imports/sync-schedules.ts';
import {
  changeSettings,
  saveManifest,
  turnOff,
  turnOn,
} from '../integrations/change-integration.ts';
import { addIntegration, addManual } from '../integrations/integrations.ts';
import { changeNameAndIcon } from '../integrations/name-and-icon.ts';
import { type Problem, problemText } from '../manifest/problem.ts';
import type { ChangedBy, Integration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type IntegrationSettings, settingsOf } from '../settings/settings.ts';
import type { ChangeResult } from '../work/change-result.ts';
import type { Documents } from './document.ts';
import { sameJson, wholePolicy } from './normal-form.ts';
import { Refused, refuse } from './resolve.ts';

type Document = Documents['integration'];

export interface Written {
  readonly id: string;
  /** What an admin should know or do now. */
  readonly notes: readonly string[];
}

/** @param id undefined: it is new @throws {Refused} */
export async function writeIntegration(
  tx: Transaction,
  id: string | undefined,
  {
    document,
    manifest,
    ...by
  }: ChangedBy & { readonly document: Document; readonly manifest: string | undefined },
): Promise<Written> {
  const notes: string[] = [];
  const found = id === undefined ? undefined : await tx.integrations.hold(id, 'alone');
  let current = found ?? (await added(tx, document, { manifest, notes, ...by }));
  if (found) {
    noneOf(
      await changeNameAndIcon(tx, current, {
        name: document.name,
        ...(document.icon !== undefined && { icon: document.icon }),
        ...by,
      }),
    );
    if (manifest !== undefined) await saveNext(tx, current, { manifest, notes, ...by });
    else if (current.manifestVersionId !== undefined)
      refuse(
        'has a manifest here and none in the files; export it again, or delete the integration in chat',
        'manifest',
      );
  }
  current = await now(tx, current);
  const change = settingsChange(current, document);
  if (Object.keys(change).length > 0)
    current = changed(await changeSettings(tx, current, { ...by, change }), '');
  const { owns: fields = [] } = document;
  if (!sameJson(settingsOf(current).owns ?? [], fields))
    current = changed(await setOwnedFields(tx, current, { fields, ...by }), 'owns');
  current = await paused(tx, current, { isPaused: document.paused ?? false, ...by });
  if (document.turnedOn !== current.enabled)
    await (document.turnedOn ? turnOn : turnOff)(tx, current, by);
  return { id: current.id, notes };
}

/** @throws {Refused} */
const changed = <T>(result: ChangeResult<T>, place: string): T =>
  result.ok ? result.value : refuse(result.why, place);

const now = async (tx: Transaction, { id, name }: Integration): Promise<Integration> =>
  (await tx.integrations.find(id)) ?? refuse(`${name} has just been deleted; run it again`);

interface Saving extends ChangedBy {
  readonly manifest: string;
  readonly notes: string[];
}

async function added(
  tx: Transaction,
  { name, icon, assignee }: Document,
  { manifest, notes, actor }: Omit<Saving, 'manifest'> & { readonly manifest: string | undefined },
): Promise<Integration> {
  const wanted = { name, ...(icon !== undefined && { icon }) };
  if (manifest === undefined) {
    if (!assignee)
      return refuse(
        'is needed where there is no manifest; say who does it: {"kind": "manager"}',
        'assignee',
      );
    const manual = await addManual(tx, { ...wanted, assignee }, { actor });
    return manual.ok ? manual.integration : refuseAll(manual.errors);
  }
  const made = await addIntegration(tx, { ...wanted, manifest, secrets: {} }, { actor });
  if (!made.ok) return refuseAll(inManifest(made.errors));
  notes.push(...made.warnings.map(warning), ...missing(name, made.missing));
  return made.integration;
}

async function saveNext(
  tx: Transaction,
  current: Integration,
  { manifest, notes, actor }: Saving,
): Promise<void> {
  const saved = await saveManifest(tx, current, { text: manifest, actor });
  if (!saved.ok) return refuseAll(inManifest(saved.errors));
  const isNew = saved.version.id !== current.manifestVersionId;
  notes.push(
    ...(isNew ? saved.warnings.map(warning) : []),
    ...missing(current.name, saved.missing),
  );
  if (saved.dropped.length > 0)
    notes.push(`Deleted what was stored for ${current.name}: ${saved.dropped.join(', ')}.`);
}

const warning = (problem: Problem): string => `Warning: ${problemText(problem)}`;

const missing = (name: string, ids: readonly string[]): string[] =>
  ids.length === 0
    ? []
    : [
        `${name} can't be used before ${ids.join(', ')} ${ids.length === 1 ? 'is' : 'are'} set: latchkey integration secrets "${name}" FILE`,
      ];

const inManifest = (problems: readonly Problem[]): readonly Problem[] =>
  problems.map((each) => ({
    ...each,
    place: each.place === '' ? 'manifest' : `manifest: ${each.place}`,
  }));

/** @throws {Refused} where there is a problem */
function noneOf(problems: readonly Problem[]): void {
  if (problems.length > 0) refuseAll(problems);
}

const refuseAll = (problems: readonly Problem[]): never => {
  throw new Refused(problems);
};

/** What differs. What the file leaves out gets its default. Settings that can't be read are all set again. */
function settingsChange(current: Integration, document: Document): IntegrationSettings {
  const before = settingsOf(current);
  const { ownerIds = [], asksForCodes = false } = document;
  const policy = document.policy && wholePolicy(document.policy);
  return {
    ...(!sameJson(before.ownerIds ?? [], ownerIds) && { ownerIds }),
    ...(!sameJson(before.asksForCodes ?? false, asksForCodes) && { asksForCodes }),
    ...(!sameJson(before.breakGlass, document.breakGlass) && { breakGlass: document.breakGlass }),
    ...(!sameJson(before.notices, document.notices) && { notices: document.notices }),
    ...(!sameJson(before.assignee, document.assignee) && { assignee: document.assignee }),
    // A draft of its stages was made for the policy before.
    ...((current.settings === 'unread' || !sameJson(before.policy, policy)) && {
      policy,
      routeDraft: undefined,
    }),
  };
}

async function paused(
  tx: Transaction,
  integration: Integration,
  { isPaused, ...by }: ChangedBy & { readonly isPaused: boolean },
): Promise<Integration> {
  if ((settingsOf(integration).schedule?.isPaused ?? false) === isPaused) return integration;
  return changed(await (isPaused ? pauseSchedule : resumeSchedule)(tx, integration, by), 'paused');
}
