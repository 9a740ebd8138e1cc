/** Saving a manifest: first what changes is shown; what somebody else saved meanwhile is never overwritten unseen. */
import { plural, say, sayNumber } from '../../core/say.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { checkText } from './check.ts';
import { diffLines } from './diff-lines.ts';
import type { EditorParts, Saved } from './parts.ts';
import { countErrors, showEditor } from './show-editor.ts';
import { baseOf, nameOf, numberOf, ownerOf, subjectOf } from './subject.ts';
import type { Turn } from './turn.ts';

/** What changes, before it is saved. */
export async function review(turn: Turn, parts: EditorParts): Promise<void> {
  const { typed, subject, show } = turn;
  const checked = await checkText(typed.manifest, ownerOf(subject, typed.name), parts);
  if (checked.errors.length > 0)
    return showEditor(turn, {
      notice: say`Nothing is saved yet. ${countErrors(checked.counts.errors)} Each is listed below with its line.`,
      checked,
    });
  const { warnings } = checked;
  if (subject.kind === 'new')
    return show('review', {
      title: say`Add ${typed.name || say`a new integration`}?`,
      warnings,
      notice:
        warnings.length > 0
          ? say`It can be saved. Look at the warnings first.`
          : say`There are no problems.`,
      canSave: true,
      saveLabel: say`Add the integration`,
    });

  const { version, integration } = subject;
  const number = numberOf(subject);
  const diff = diffLines(version?.manifest ?? '', typed.manifest);
  const isNewer = typed.base !== baseOf(subject);
  const isSameText = diff.hunks.length === 0;
  show('review', {
    title: say`Save the manifest of ${integration.name}?`,
    warnings,
    // From here on the newest version is what the text is compared with, and what it replaces.
    base: baseOf(subject),
    notice: isSameText
      ? say`Nothing has changed: this is version ${number} as it is saved.`
      : isNewer
        ? newer(number)
        : undefined,
    canSave: !isSameText,
    saveLabel: isNewer ? say`Replace version ${number}` : say`Save as version ${number + 1}`,
    ...(!isSameText && { diff: diffView(diff, number) }),
  });
}

const newer = (number: number): string =>
  say`Somebody has saved version ${number} since you began. Below is what your text changes in it: what they added and you don't have would be removed. Save to replace theirs, or go back and take over what you want to keep.`;

function diffView({ hunks, added, removed, left }: ReturnType<typeof diffLines>, against: number) {
  return {
    ...(left !== undefined && { left: say`${sayNumber(left)} more lines are not shown.` }),
    added: plural(added, { one: say`1 line`, other: say`${added} lines` }),
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

export async function save(turn: Turn, parts: EditorParts): Promise<void> {
  const { session, subject, typed, show } = turn;
  if (subject.kind === 'existing' && typed.base !== baseOf(subject)) return review(turn, parts);
  const saved = await saving(turn, parts);
  if (saved === 'stale') {
    const now = await subjectOf(session, parts);
    return now
      ? review({ ...turn, subject: now }, parts)
      : show('over', { ...gone(), tone: 'bad', typed: typed.manifest }, 410);
  }
  if (saved.kind === 'gone')
    return show('over', { ...gone(), tone: 'bad', typed: typed.manifest }, 410);
  if (saved.kind === 'over')
    return show('over', { ...endedNow(), tone: 'bad', typed: typed.manifest }, 403);
  if (saved.kind === 'invalid') {
    const checked = await checkText(typed.manifest, ownerOf(subject, typed.name), parts);
    const { errors } = saved;
    const placed = errors.map((problem) => ({ ...problem, from: 0, to: 0, line: 0 }));
    return showEditor(turn, {
      notice: say`Nothing was saved. What to change is listed below.`,
      checked: { ...checked, errors: checked.errors.length > 0 ? checked.errors : placed },
    });
  }
  const isNew = subject.kind === 'new';
  show('saved', {
    title: isNew ? say`${typed.name} was added` : say`The manifest of ${nameOf(subject)} was saved`,
    text: isNew
      ? say`You can close this page.`
      : say`It is version ${saved.number} now. Whatever begins from now on follows it; runs under way keep theirs.`,
    next: saved.next,
    warnings: saved.warnings,
    canGoOn: !isNew,
  });
}

async function saving(
  { session, subject, typed }: Turn,
  parts: EditorParts,
): Promise<Saved | 'stale'> {
  const text = typed.manifest;
  try {
    return subject.kind === 'existing'
      ? await parts.save({ session, integration: subject.integration, text })
      : await parts.add({ session, name: typed.name, text });
  } catch (error) {
    if (error instanceof StaleWrite) return 'stale';
    throw error;
  }
}

const endedNow = () => ({
  title: say`This page has ended`,
  text: say`It was closed in another window, or you are no Latchkey admin any more. Nothing was saved.`,
});
export const gone = () => ({
  title: say`There is nothing to edit any more`,
  text: say`The integration was deleted, or the new one was added already. Look at the integrations in chat: write "integrations" to Latchkey.`,
});
