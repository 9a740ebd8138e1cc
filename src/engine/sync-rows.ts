/** What a row of a page comes to: somebody new, values for somebody known, or a reason to leave it out. */
import { isJsonObject, type Json } from '../core/json.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SyncManifest } from './manifest/schema.ts';
import { readNotation } from './notation.ts';
import { readEmail } from './person-details.ts';
import { toText } from './render.ts';

/** Why a row was left out. `unknown`: an update found nobody with its address. */
export type SkipReason = 'invalid' | 'duplicate' | 'existing' | 'ignored' | 'unknown';

export type RowVerdict =
  | {
      readonly kind: 'create';
      readonly email: string;
      readonly firstName: string;
      readonly lastName: string;
    }
  | {
      readonly kind: 'update';
      readonly email: string;
      readonly stored: Readonly<Record<string, Json>>;
    }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly email?: string };

export interface RowParts {
  /** Whether somebody in the directory has that address (trimmed, lower case). */
  readonly exists: (email: string) => Promise<boolean>;
  readonly isIgnored: (email: string) => Promise<boolean>;
}

/**
 * Judges rows one by one; each stands for itself, so a bad one is one counted row. One sorter per sync: it remembers
 * which addresses have come already.
 */
export function rowSorter(
  manifest: Pick<SyncManifest, 'action' | 'dataStructure'>,
  { exists, isIgnored }: RowParts,
): (row: Json) => Promise<RowVerdict> {
  const seen = new Set<string>();
  const { email: emailAt = 'email', ...others } = manifest.dataStructure;

  return async (row) => {
    const given = readNotation(row, emailAt);
    const email =
      given.found && typeof given.value === 'string' ? readEmail(given.value) : undefined;
    if (email === undefined) return { kind: 'skip', reason: 'invalid' };
    if (seen.has(email)) return { kind: 'skip', reason: 'duplicate', email };
    seen.add(email);
    switch (manifest.action) {
      case 'create': {
        if (await exists(email)) return { kind: 'skip', reason: 'existing', email };
        if (await isIgnored(email)) return { kind: 'skip', reason: 'ignored', email };
        const firstName = nameAt(row, others['first_name']);
        return { kind: 'create', email, firstName, lastName: nameAt(row, others['last_name']) };
      }
      case 'update': {
        if (!(await exists(email))) return { kind: 'skip', reason: 'unknown', email };
        const stored = valuesAt(row, others);
        return Object.keys(stored).length === 0
          ? { kind: 'skip', reason: 'invalid', email }
          : { kind: 'update', email, stored };
      }
      default:
        return unreachable(manifest.action);
    }
  };
}

function nameAt(row: Json, notation: string | undefined): string {
  if (notation === undefined) return '';
  const found = readNotation(row, notation);
  return found.found && !isJsonObject(found.value) && !Array.isArray(found.value)
    ? toText(found.value).trim()
    : '';
}

/** What the row has; a value that it lacks leaves what is stored as it was. */
function valuesAt(
  row: Json,
  structure: Readonly<Record<string, string>>,
): Readonly<Record<string, Json>> {
  const entries: [string, Json][] = [];
  for (const [key, notation] of Object.entries(structure)) {
    const found = readNotation(row, notation);
    if (found.found) entries.push([key, found.value]);
  }
  return Object.fromEntries(entries);
}
