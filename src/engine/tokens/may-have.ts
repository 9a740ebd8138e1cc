/** Who may have which tokens. */
import type { Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import type { ApiToken, TokenKind } from './token.ts';

/** Admins may have both kinds. Others may have personal ones where a setting says so. */
export async function mayHaveToken(
  stores: Pick<Stores, 'settings'>,
  person: Person,
  kind: TokenKind,
): Promise<boolean> {
  if (isAdmin(person)) return true;
  if (!person.active || kind === 'service') return false;
  return (await workspaceSettings(stores)).personalTokens === 'everyone';
}

/** Everyone ends their own, and admins everyone's. */
export const mayEndToken = (person: Person, { ownerId }: Pick<ApiToken, 'ownerId'>): boolean =>
  person.active && (ownerId === person.id || isAdmin(person));
