/** The page with the text, its problems and its preview. */
import { plural, t } from '../../core/translate.ts';
import type { Checked } from './check.ts';
import { phrases } from './phrases.ts';
import type { Subject } from './session.ts';
import { nameOf } from './subject.ts';
import type { Turn } from './turn.ts';
import { previewView } from './views.ts';

export function showEditor(
  { subject, show }: Turn,
  view: { readonly text?: string; readonly notice?: string; readonly checked?: Checked },
  withPreview = false,
): void {
  const { checked, ...rest } = view;
  const isFine = checked && checked.errors.length === 0 && checked.warnings.length === 0;
  show('editor', {
    title: titleOf(subject),
    intro:
      subject.kind === 'new'
        ? t`Latchkey follows this manifest when it grants, checks and removes access in an app.`
        : subject.version
          ? t`This is version ${subject.version.number}; what you save becomes version ${subject.version.number + 1}.`
          : t`Until now, people have done this by hand. Once you save a manifest, Latchkey does it.`,
    phrases: JSON.stringify(phrases()),
    open: '{{',
    close: '}}',
    ...(checked && { checked: true, isFine, errors: checked.errors, warnings: checked.warnings }),
    ...(checked?.preview && withPreview && { preview: previewView(checked.preview) }),
    ...rest,
  });
}

const titleOf = (subject: Subject): string =>
  subject.kind === 'new' ? t`Manifest of a new integration` : t`Manifest of ${nameOf(subject)}`;

/** A sentence with the number of errors. */
export const countErrors = (count: number): string =>
  plural(count, { one: t`There is one error.`, other: t`There are ${count} errors.` });
