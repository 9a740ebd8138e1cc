import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { type ApiToken, isLive, type TokenKind } from '../../../engine/tokens/token.ts';
import { type DateStyle, showDate } from '../../view/dates.ts';

export const kindWords = (): Readonly<Record<TokenKind, string>> => ({
  personal: t`Personal: acts as you`,
  service: t`Service: for a program; you answer for it`,
});

/** What a list says of one. @param ownerName undefined for one's own */
export function tokenWords(
  token: ApiToken,
  ownerName: string | undefined,
  { now, ...dates }: DateStyle & { readonly now: Date },
): string {
  const { kind, scopes, expiresAt, revokedAt, ended, lastUsedAt } = token;
  const until = showDate(revokedAt ?? expiresAt, dates);
  return compact([
    ownerName,
    kind === 'service' ? t`service` : t`personal`,
    scopes.join(', '),
    isLive(token, now)
      ? t`expires on ${until}`
      : ended === 'owner-gone'
        ? t`ended on ${until}: its owner left, or may no longer have one`
        : ended === 'revoked'
          ? t`revoked on ${until}`
          : t`expired on ${until}`,
    lastUsedAt ? t`last used on ${showDate(lastUsedAt, dates)}` : t`never used`,
  ]).join(' · ');
}
