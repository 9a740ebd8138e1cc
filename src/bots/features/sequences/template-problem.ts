/** Problems in a text with variables, for the admin who writes it in chat. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { parseTemplate, type TemplateProblem } from '../../../engine/templates/template.ts';

/** The error for the field; empty where the text is valid. */
export function problemIn<F extends string>(
  field: F,
  template: string,
): { readonly [K in F]?: string } {
  const parsed = parseTemplate(template);
  return parsed.ok ? {} : ({ [field]: inWords(parsed.what) } as { readonly [K in F]?: string });
}

function inWords({ kind, name }: TemplateProblem): string {
  switch (kind) {
    case 'unclosed-tag':
      return t`A {{ has no }}. Close it, or take it out.`;
    case 'unopened-section':
      return t`{{/${name}}} closes what was never opened. Take it out, or open it with {{#${name}}}.`;
    case 'unclosed-section':
      return t`{{#${name}}} is never closed. Close it with {{/${name}}}.`;
    case 'too-deep':
      return t`Its sections stand too deep inside each other. Use fewer.`;
    case 'partial':
      return t`{{>${name}}} can't be used here. Write its text out.`;
    case 'too-many':
      return t`It has too many tags, or a tag with too many blanks. Make it shorter.`;
    case 'delimiters':
      return t`Other delimiters than {{ and }} can't be used.`;
    case 'not-understood':
      return t`It has a tag that is not understood: ${name}`;
    default:
      return unreachable(kind);
  }
}
