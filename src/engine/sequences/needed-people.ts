/** Finds items that name the manager or the buddy of a person who has none. */
import { isJsonObject, parseJson } from '../../core/json.ts';
import { variablesOf } from '../manifest/variables.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { parseTemplate, type Token } from '../templates/template.ts';
import type { ItemEffect, SequenceItem } from './sequence.ts';

export type Helper = 'manager' | 'buddy';

const helpers: ReadonlyMap<string, Helper> = new Map([
  ['manager', 'manager'],
  ['manager_email', 'manager'],
  ['buddy', 'buddy'],
  ['buddy_email', 'buddy'],
]);

/** Helpers that the items need and the person lacks: none is set, or the one who is set has left. */
export async function whoIsMissing(
  stores: Pick<Stores, 'integrations' | 'people'>,
  items: readonly Pick<SequenceItem, 'does'>[],
  { managerId, buddyId }: Person,
): Promise<readonly Helper[]> {
  const needed = new Set<Helper>();
  for (const { does } of items)
    for (const helper of await neededBy(stores, does)) needed.add(helper);
  const missing: Helper[] = [];
  for (const helper of ['manager', 'buddy'] as const) {
    if (!needed.has(helper)) continue;
    const id = helper === 'manager' ? managerId : buddyId;
    const person = id === undefined ? undefined : await stores.people.find(id);
    if (!person?.active) missing.push(helper);
  }
  return missing;
}

async function neededBy(
  stores: Pick<Stores, 'integrations'>,
  does: ItemEffect,
): Promise<readonly Helper[]> {
  if (does.kind === 'message')
    return helpersIn([does.to, does.subject, does.text].flatMap(variablesIn));
  if (does.kind === 'task') {
    const { kind } = does.assignee;
    const assignees = kind === 'manager' || kind === 'buddy' ? [kind] : [];
    return [...assignees, ...helpersIn([does.title, does.note].flatMap(variablesIn))];
  }
  if (does.kind === 'revoke') return [];
  const integration = await stores.integrations.find(does.integrationId);
  const version = await stores.integrations.findVersion(integration?.manifestVersionId);
  if (version) return helpersIn(namesOf(version.manifest));
  const kind = settingsOf(integration).assignee?.kind ?? 'manager'; // A manual integration: its assignee is needed.
  return kind === 'person' ? [] : [kind];
}

const helpersIn = (names: readonly string[]): readonly Helper[] =>
  names.flatMap((name) => helpers.get(name) ?? []);

function namesOf(manifest: string): readonly string[] {
  const json = parseJson(manifest);
  return isJsonObject(json) ? variablesOf(json).map(({ name }) => name) : [];
}

function variablesIn(template: string): readonly string[] {
  const parsed = parseTemplate(template);
  return parsed.ok ? parsed.tokens.flatMap(nameIn) : [];
}

/** Names in a section are optional, so they need nobody. */
const nameIn = (token: Token): readonly string[] => (token.kind === 'value' ? [token.name] : []);
