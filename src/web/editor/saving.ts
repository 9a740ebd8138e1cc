/** Saves a manifest. First it shows the changes. It never overwrites another person's version without showing that. */
import { plural, sayNumber, t } from '../../core/translate.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { checkText } from './check.ts';
import { diffLines } from './diff-lines.ts';
import type { EditorDeps, Saved } from './editor-deps.ts';
import { countErrors, showEditor } from './show-editor.ts';
import { baseOf, nameOf, numberOf, ownerOf, subjectOf } from './subject.ts';
import type { Turn } from './turn.ts';

/** Shows the changes before the manifest is saved. */
export async function review(turn: Turn, deps: EditorDeps): Promise<void> {
  const { typed, subject, show } = turn;
  const checked = await checkText(typed.manifest, ownerOf(subject, typed.name), deps);
  if (checked.errors.length > 0)
    return showEditor(turn, {
      notice: t`Nothing is saved yet. ${countErrors(checked.counts.errors)} Each is listed below with its line.`,
      checked,
    });
  const { warnings } = checked;
  if (subject.kind === 'new')
    return show('review', {
      title: t`Add ${typed.name || t`a new integration`}?`,
      warnings,
      notice:
        warnings.length > 0
          ? t`You can save it. Check the warnings first.`
          : t`There are no problems.`,
      canSave: true,
      saveLabel: t`Add the integration`,
    });

  const { version, integration } = subject;
  const number = numberOf(subject);
  const diff = diffLines(version?.manifest ?? '', typed.manifest);
  const isNewer = typed.base !== baseOf(subject);
  const isSameText = diff.hunks.length === 0;
  show('review', {
    title: t`Save the manifest of ${integration.name}?`,
    warnings,
    // From here on the text is compared with the newest version, and replaces it.
    base: baseOf(subject),
    notice: isSameText
      ? t`Nothing has changed: this is the saved version ${number}.`
      : isNewer
        ? newer(number)
        : undefined,
    canSave: !isSameText,
    saveLabel: isNewer ? t`Replace version ${number}` : t`Save as version ${number + 1}`,
    ...(!isSameText && { diff: diffView(diff, number) }),
  });
}

const newer = (number: number): string =>
  t`Someone saved version ${number} after you began. Below is what your text changes in it; what they added and you lack would be removed. Save to replace theirs, or go back and copy what you want to keep.`;

function diffView({ hunks, added, removed, left }: ReturnType<typeof diffLines>, against: number) {
  return {
    ...(left !== undefined && { left: t`${sayNumber(left)} more lines are not shown.` }),
    added: plural(added, { one: t`1 line`, other: t`${added} lines` }),
    removed,
    against,
    hunks: hunks.map(({ lines }) => ({
      lines: lines.map(({ before = '', after = '', kind, text }) => ({
        before,
        after,
        text,
        kind,
        isAdded: kind === 'added',
        isRemoved: kind === 'removed',
      })),
    })),
  };
}

export async function save(turn: Turn, deps: EditorDeps): Promise<void> {
  const { session, subject, typed, show } = turn;
  if (subject.kind === 'existing' && typed.base !== baseOf(subject)) return review(turn, deps);
  const saved = await saving(turn, deps);
  if (saved === 'stale') {
    const now = await subjectOf(session, deps);
    return now
      ? review({ ...turn, subject: now }, deps)
      : show('over', { ...gone(), tone: 'bad', typed: typed.manifest }, 410);
  }
  if (saved.kind === 'gone')
    return show('over', { ...gone(), tone: 'bad', typed: typed.manifest }, 410);
  if (saved.kind === 'over')
    return show('over', { ...endedNow(), tone: 'bad', typed: typed.manifest }, 403);
  if (saved.kind === 'invalid') {
    const checked = await checkText(typed.manifest, ownerOf(subject, typed.name), deps);
    const { errors } = saved;
    const placed = errors.map((problem) => ({ ...problem, from: 0, to: 0, line: 0 }));
    return showEditor(turn, {
      notice: t`Nothing was saved. See below what to change.`,
      checked: { ...checked, errors: checked.errors.length > 0 ? checked.errors : placed },
    });
  }
  const isNew = subject.kind === 'new';
  show('saved', {
    title: isNew ? t`${typed.name} was added` : t`The manifest of ${nameOf(subject)} was saved`,
    text: isNew
      ? t`You can close this page.`
      : t`It is now version ${saved.number}. Whatever starts from now on uses it; current runs keep their version.`,
    next: saved.next,
    warnings: saved.warnings,
    canGoOn: !isNew,
  });
}

async function saving(
  { session, subject, typed }: Turn,
  deps: EditorDeps,
): Promise<Saved | 'stale'> {
  const text = typed.manifest;
  try {
    return subject.kind === 'existing'
      ? await deps.save({ session, integration: subject.integration, text })
      : await deps.add({ session, name: typed.name, text });
  } catch (error) {
    if (error instanceof StaleWrite) return 'stale';
    throw error;
  }
}

const endedNow = () => ({
  title: t`This page is closed`,
  text: t`It was closed in another window, or you are no longer a Latchkey admin. Nothing was saved.`,
});
export const gone = () => ({
  title: t`There is nothing left to edit`,
  text: t`The integration was deleted, or the new one was already added. To check, press Integrations on Home in chat.`,
});
