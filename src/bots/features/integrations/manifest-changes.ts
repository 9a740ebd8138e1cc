/** The differences between two manifests in words: places, secrets, warnings. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { askedIds } from '../../../engine/integrations/integrations.ts';
import { diffManifests, type ManifestChange } from '../../../engine/manifest/diff.ts';
import { parseManifest } from '../../../engine/manifest/parse.ts';
import { code, rich, type Text } from '../../view/card.ts';

/** Enough to recognise a value; the editor shows it whole. */
const VALUE_SHOWN = 200;

export interface Changes {
  /** One line for each place. */
  readonly lines: readonly Text[];
  /** `3 changes`. */
  readonly total: string;
  /** Sentences about secrets: which will be needed, and which are dropped. */
  readonly secrets: readonly string[];
}

/**
 * @param before JSON text; undefined where there was no manifest
 * @param set the names of the saved secrets
 */
export function manifestChanges(
  before: string | undefined,
  after: string,
  set: readonly string[],
): Changes {
  const changes = diffManifests(before ?? '{}', after);
  return {
    lines: changes.map(changeLine),
    total: plural(changes.length, {
      one: t`1 change`,
      other: t`${sayNumber(changes.length)} changes`,
    }),
    secrets: [...secretChanges(after, set), ...connectionChanges(before, after)],
  };
}

/** Saving deletes the token, and going back doesn't bring it back. */
function connectionChanges(before: string | undefined, after: string): readonly string[] {
  const [was, is] = [parseManifest(before ?? '{}'), parseManifest(after)];
  return was.ok && is.ok && was.manifest.oauth && !is.manifest.oauth
    ? [t`It no longer connects with an account: Latchkey deletes its connection.`]
    : [];
}

function changeLine({ place, kind, before, after }: ManifestChange): Text {
  const at = code(place);
  switch (kind) {
    case 'added':
      return [...rich`Added ${at}:`, ' ', ...value(after)];
    case 'removed':
      return [...rich`Removed ${at}:`, ' ', ...value(before)];
    case 'changed':
      return [...rich`Changed ${at}:`, ' ', ...value(before), ' → ', ...value(after)];
    default:
      return kind satisfies never;
  }
}

/** A long value is cut, with a note. */
function value(json = ''): Text {
  const more = json.length - VALUE_SHOWN;
  return more > 0
    ? [
        code(json.slice(0, VALUE_SHOWN)),
        ' ',
        plural(more, {
          one: t`… and 1 more character, which the editor shows`,
          other: t`… and ${sayNumber(more)} more characters, which the editor shows`,
        }),
      ]
    : [code(json)];
}

function secretChanges(after: string, set: readonly string[]): readonly string[] {
  const parsed = parseManifest(after);
  if (!parsed.ok) return [];
  const asked = askedIds(parsed.manifest);
  const missing = asked.filter((id) => !set.includes(id));
  const dropped = set.filter((id) => !asked.includes(id));
  return compact([
    missing.length > 0 &&
      plural(missing.length, {
        one: t`It needs 1 value that isn't entered yet: ${missing.join(', ')}. Until then it does nothing.`,
        other: t`It needs ${missing.length} values that aren't entered yet: ${missing.join(', ')}. Until then it does nothing.`,
      }),
    dropped.length > 0 &&
      plural(dropped.length, {
        one: t`It no longer needs ${dropped.join(', ')}: Latchkey deletes what is saved under that name.`,
        other: t`It no longer needs ${dropped.join(', ')}: Latchkey deletes what is saved under those names.`,
      }),
  ]);
}
