/** Problems in a text with variables, for the admin who writes it in chat. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { parseTemplate, type TemplateProblem } from '../../../engine/templates/template.ts';

/** The error for the field; undefined where the text is valid. */
export function problemIn(template: string): string | undefined {
  const parsed = parseTemplate(template);
  return parsed.ok ? undefined : inWords(parsed.what);
}

function inWords({ kind, name }: TemplateProblem): string {
  switch (kind) {
    case 'unclosed-tag':
      return t`A {{ has no }}. Close it, or remove it.`;
    case 'unopened-section':
      return t`{{/${name}}} closes a section that was never opened. Remove it, or open the section with {{#${name}}}.`;
    case 'unclosed-section':
      return t`{{#${name}}} is never closed. Close it with {{/${name}}}.`;
    case 'too-deep':
      return t`Its sections are nested too deeply. Use fewer.`;
    case 'partial':
      return t`{{>${name}}} can't be used here. Write the text itself.`;
    case 'too-many':
      return t`It has too many tags, or a tag with too many spaces. Shorten it.`;
    case 'delimiters':
      return t`Only {{ and }} can be used as delimiters.`;
    case 'not-understood':
      return t`Latchkey doesn't understand this tag: ${name}`;
    default:
      return unreachable(kind);
  }
}
