import { parseTemplate } from '../../engine/template.ts';

/** What is wrong with a text that names variables, beside its field; nothing where it is right. */
export function problemIn<F extends string>(
  field: F,
  template: string,
): { readonly [K in F]?: string } {
  const parsed = parseTemplate(template);
  return parsed.ok ? {} : ({ [field]: parsed.problem } as { readonly [K in F]?: string });
}
