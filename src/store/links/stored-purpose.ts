import type { LinkPurpose } from '../../engine/links/link.ts';
import { oneOf } from '../work/columns.ts';

/**
 * The page of bundles is stored as an export of something that doesn't exist: versions that don't know the page know that word,
 * and say that there is nothing any more. See docs/decisions/0103-the-page-of-bundles.md.
 */
const BUNDLES = { purpose: 'export', subject: 'bundles' } as const;

export const toStored = ({
  purpose,
  subject,
}: {
  readonly purpose: LinkPurpose;
  readonly subject: string;
}): { readonly purpose: string; readonly subject: string } =>
  purpose === 'bundles' ? BUNDLES : { purpose, subject };

export const readPurpose = <P extends string>(
  { purpose, subject }: { readonly purpose: string; readonly subject: string },
  words: Readonly<Record<P, unknown>>,
  column: string,
): P | 'bundles' =>
  purpose === BUNDLES.purpose && subject === BUNDLES.subject
    ? 'bundles'
    : oneOf(words, purpose, column);
