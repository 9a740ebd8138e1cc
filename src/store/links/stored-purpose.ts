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

/** The subject of a link for an API token says what is wished for, so it goes after this word. */
const TOKEN = 'api-token ';

interface PurposeOf<P extends string> {
  readonly purpose: P;
  readonly subject: string;
}

const isLater = (purpose: string): purpose is LaterPurpose => Object.hasOwn(LATER, purpose);

export const toStored = ({ purpose, subject }: PurposeOf<LinkPurpose>): PurposeOf<string> =>
  purpose === 'api-token'
    ? { purpose: 'export', subject: `${TOKEN}${subject}` }
    : isLater(purpose)
      ? { purpose: 'export', subject: purpose }
      : { purpose, subject };

/** The wish for an API token. Undefined for a link with another purpose. */
export const storedWish = ({ purpose, subject }: PurposeOf<string>): string | undefined =>
  purpose === 'export' && subject.startsWith(TOKEN) ? subject.slice(TOKEN.length) : undefined;

export const readPurpose = <P extends string>(
  { purpose, subject }: PurposeOf<string>,
  words: Readonly<Record<P, unknown>>,
  column: string,
): P | LaterPurpose =>
  purpose === 'export' && isLater(subject) ? subject : oneOf(words, purpose, column);
