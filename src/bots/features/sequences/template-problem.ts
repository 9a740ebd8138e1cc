/** Problems in a text with variables, for the admin who writes it in chat. */
import { t } from '../../../core/translate.ts';
import { parseTemplate, type TemplateProblem } from '../../../engine/templates/template.ts';

/** The error for the field; undefined where the text is valid. */
export function problemIn(template: string): string | undefined {
  const parsed = parseTemplate(template);
  return parsed.ok ? undefined : inWords(parsed.what);
}

function inWords({ kind, name }: TemplateProblem): string {
  return {
    'unclosed-tag': () => t`A {{ has no }}. Close it, or remove it.`,
    'unopened-section': () =>
      t`{{/${name}}} closes a section that was never opened. Remove it, or open the section with {{#${name}}}.`,
    'unclosed-section': () => t`{{#${name}}} is never closed. Close it with {{/${name}}}.`,
    'too-deep': () => t`Its sections are nested too deeply. Use fewer.`,
    partial: () => t`{{>${name}}} can't be used here. Write the text itself.`,
    'too-many': () => t`It has too many tags, or a tag with too many spaces. Shorten it.`,
    delimiters: () => t`Only {{ and }} can be used as delimiters.`,
    'not-understood': () => t`Latchkey doesn't understand this tag: ${name}`,
  }[kind]();
}
