/** Rules that stand still, since no import has brought a value that they compare, or they can't be read; why, and what an admin can do. */
import { listed } from '../../core/listed.ts';
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { SyncRun } from '../imports/sync-run.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isStored, storedName } from './condition.ts';
import { type MissingValue, missingValues } from './load-rules.ts';
import { definitionOf, isReadable, type Rule, type RuleDefinition } from './rule.ts';

type Reading = Pick<Stores, 'storedNames' | 'integrations' | 'syncRuns'>;

export interface StillRule {
  readonly rule: Rule;
  /** Empty where it can't be read. */
  readonly missing: readonly MissingValue[];
}

/** Of the rules that are on, by name. */
export async function stillRules(
  stores: Reading & Pick<Stores, 'rules'>,
): Promise<readonly StillRule[]> {
  const missingIn = await missingValues(stores);
  return (await stores.rules.on())
    .map((rule) => ({ rule, missing: missingIn(definitionOf(rule)) }))
    .filter(({ rule, missing }) => missing.length > 0 || !isReadable(rule))
    .toSorted((a, b) => (a.rule.name < b.rule.name ? -1 : 1));
}

/** The rules that are on and would stand still without this integration, by name. */
export async function rulesThatNeed(
  stores: Reading & Pick<Stores, 'rules'>,
  integrationId: string,
): Promise<readonly Rule[]> {
  const names = new Set(
    (await stores.storedNames.list()).flatMap((each) =>
      each.integrationId === integrationId ? each.name : [],
    ),
  );
  const needs = ({ conditions }: RuleDefinition): boolean =>
    conditions.some(({ field }) => isStored(field) && names.has(storedName(field)));
  return (await stores.rules.on())
    .filter((rule) => needs(definitionOf(rule)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `no import brings office`, `HR hasn't brought office yet` */
const missingShort = ({ name, from }: MissingValue): string =>
  from ? t`${from.name} hasn't brought ${name} yet` : t`no import brings ${name}`;

/** `no import brings office, and HR hasn't brought cost_center yet`. @param missing none: of a rule that can't be read */
export const stillWords = (missing: readonly MissingValue[]): string =>
  missing.length === 0
    ? t`what is stored about it can't be read`
    : listed(missing.map(missingShort), 'and');

/** What is missing, why, and the next step. */
export async function missingInFull(
  stores: Pick<Stores, 'syncRuns'>,
  { name, from }: MissingValue,
): Promise<string> {
  if (!from)
    return t`No import brings ${name}. Add it to the data_structure of an import, or change the condition.`;
  const { runs } = await stores.syncRuns.list({ integrationId: from.id }, { offset: 0, limit: 1 });
  return sentences(
    t`${from.name} is to bring ${name}, and hasn't yet.`,
    from.enabled ? nextStep(runs[0], from.name) : t`It is turned off: turn it on, then import.`,
  );
}

function nextStep(newest: SyncRun | undefined, from: string): string {
  switch (newest?.state) {
    case 'failed':
      return t`Its last import failed: ${newest.error.message} Fix that, then import again.`;
    case 'ready':
      return t`Its import waits for an admin's OK.`;
    case 'queued':
    case 'running':
    case 'waiting':
      return t`Its import is running: open ${from} to follow it.`;
    case 'done':
    case 'cancelled':
    case undefined:
      return t`Open ${from}, and import from it.`;
    default:
      return unreachable(newest);
  }
}
