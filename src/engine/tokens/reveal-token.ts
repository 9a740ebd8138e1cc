/** A token that someone wished for in chat is made when its page shows it, so that a link that is never used leaves nothing. */
import { z } from 'zod';
import { jsonIn } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { Link } from '../links/link.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { createToken, type TokenWish } from './create-token.ts';
import { SCOPES, type TokenKind, tokenKinds } from './token.ts';

const wish = z.object({
  name: z.string(),
  kind: z.enum(Object.keys(tokenKinds) as TokenKind[]),
  scopes: z.array(z.enum(SCOPES)),
  days: z.number(),
});

/** The subject of its link. */
export const wishSubject = ({ name, kind, scopes, days }: Omit<TokenWish, 'ownerId'>): string =>
  JSON.stringify({ name, kind, scopes, days });

/** In the transaction that uses the link. `gone`: they may not have it any more, or pressed twice and have it already. */
export async function revealToken(
  tx: Transaction,
  { subject, personId }: Pick<Link, 'subject' | 'personId'>,
): Promise<{ readonly title: string; readonly text: string } | 'gone'> {
  const wished = wish.safeParse(jsonIn(subject)).data;
  if (!wished) return 'gone';
  const actor = { kind: 'person', personId, via: 'web' } as const;
  const created = await createToken(tx, { ...wished, ownerId: personId }, { actor });
  return created.ok
    ? { title: t`The API token ${created.token.name}`, text: created.presented }
    : 'gone';
}
