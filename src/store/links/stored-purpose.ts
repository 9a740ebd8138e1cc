import type { LinkPurpose } from '../../engine/links/link.ts';
import { oneOf } from '../work/columns.ts';

/**
 * Pages that came after the first release are stored as an export of something that doesn't exist: versions that don't know the
 * page know that word, and say that there is nothing any more. See docs/decisions/0103-the-page-of-bundles.md.
 */
const LATER = { bundles: true, authenticator: true, overview: true } as const satisfies Partial<
  Record<LinkPurpose, true>
>;
export type LaterPurpose = keyof typeof LATER;

interface About<P extends string> {
  readonly purpose: P;
  readonly subject: string;
}

const isLater = (purpose: string): purpose is LaterPurpose => Object.hasOwn(LATER, purpose);

export const toStored = ({ purpose, subject }: About<LinkPurpose>): About<string> =>
  isLater(purpose) ? { purpose: 'export', subject: purpose } : { purpose, subject };

export const readPurpose = <P extends string>(
  { purpose, subject }: About<string>,
  words: Readonly<Record<P, unknown>>,
  column: string,
): P | LaterPurpose =>
  purpose === 'export' && isLater(subject) ? subject : oneOf(words, purpose, column);
