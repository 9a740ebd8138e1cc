/** `latchkey token`: API tokens, for the operator of the machine. */
import { isAdmin } from '../../engine/people/permission.ts';
import { createToken } from '../../engine/tokens/create-token.ts';
import { revokeToken } from '../../engine/tokens/end-tokens.ts';
import { type ApiToken, isLive, SCOPES, type Scope } from '../../engine/tokens/token.ts';
import { CommandError } from '../command-error.ts';
import { noSuchPage, whichPage } from '../counted.ts';
import { inSession, personNamed, type Session } from '../session.ts';

type Work = Pick<Session, 'stores' | 'transact' | 'actor' | 'output' | 'now'>;

export interface AddOptions {
  readonly scopes: string;
  readonly expires: string;
  readonly for?: string;
  readonly personal?: boolean;
}

export const addTokenCommand = (name: string, options: AddOptions): Promise<void> =>
  inSession((session) => addToken(name, options, session));
export const listTokensCommand = (options: { readonly page: number }): Promise<void> =>
  inSession((session) => listTokens(options, session));
export const revokeTokenCommand = (id: string): Promise<void> =>
  inSession((session) => revoke(id, session));

/** The token alone goes to stdout, so that it can go straight into a file or a secret store. */
export async function addToken(name: string, options: AddOptions, session: Work): Promise<void> {
  const { transact, actor, output } = session;
  const owner = await ownerOf(options, session);
  const wish = {
    name,
    kind: options.personal ? 'personal' : 'service',
    ownerId: owner.id,
    scopes: scopesIn(options.scopes),
    days: daysIn(options.expires),
  } as const;
  const created = await transact((tx) => createToken(tx, wish, { actor }));
  if (!created.ok) throw new CommandError(created.why);
  const { token, presented } = created;
  output.note(
    `Created the ${token.kind} token ${token.name} (${token.id}) of ${owner.email}: ${token.scopes.join(', ')}, until ${dayOf(token.expiresAt)}. It is shown only now:`,
  );
  output.line(presented);
}

/** Without a name, the one admin that there is. */
async function ownerOf(options: AddOptions, session: Work) {
  if (options.for !== undefined) {
    const person = await personNamed(options.for, session);
    if (options.personal || isAdmin(person)) return person;
    throw new CommandError(
      `${person.email} is no admin, and only an admin can answer for a service token. With --personal, it acts as them.`,
    );
  }
  const [admin, ...others] = await session.stores.people.admins();
  if (!admin || others.length > 0 || options.personal)
    throw new CommandError('Say with --for EMAIL whose token it is.');
  return admin;
}

const PAGE = 50;

export async function listTokens(
  { page }: { readonly page: number },
  { stores, output, now }: Work,
): Promise<void> {
  const at = { offset: (page - 1) * PAGE, limit: PAGE, now: now() };
  const { tokens, total } = await stores.apiTokens.list({}, at);
  const owners = await stores.people.findMany(tokens.map(({ ownerId }) => ownerId));
  const pages = Math.ceil(total / PAGE);
  output.table(
    ['ID', 'NAME', 'KIND', 'OWNER', 'SCOPES', 'STATE', 'LAST USED'],
    tokens.map((token) => [
      token.id,
      token.name,
      token.kind,
      owners.find(({ id }) => id === token.ownerId)?.email ?? '',
      token.scopes.join(','),
      stateOf(token, at.now),
      token.lastUsedAt ? dayOf(token.lastUsedAt) : '',
    ]),
    total === 0 ? 'There are no API tokens.' : noSuchPage(page, pages),
  );
  const which = whichPage(page, pages, `${total} tokens`);
  if (which) output.note(which);
}

const stateOf = (token: ApiToken, now: Date): string =>
  isLive(token, now)
    ? `until ${dayOf(token.expiresAt)}`
    : `${token.ended ?? 'expired'} ${dayOf(token.revokedAt ?? token.expiresAt)}`;

export async function revoke(id: string, { transact, actor, output }: Work): Promise<void> {
  const ended = await transact((tx) => revokeToken(tx, id, { actor }));
  if (!ended)
    throw new CommandError(
      `no API token that still works has the id ${id}; "latchkey token list" shows all`,
    );
  output.line(`${ended.name} is revoked. Programs that use it are refused.`);
}

/** `read,approve` */
function scopesIn(text: string): readonly Scope[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => SCOPES.some((scope) => scope === word)))
    return SCOPES.filter((scope) => words.includes(scope));
  throw new CommandError(`Scopes are ${SCOPES.join(', ')}, separated by commas.`);
}

/** `90d` */
function daysIn(text: string): number {
  const days = /^(\d{1,4})d?$/.exec(text)?.[1];
  if (days !== undefined) return Number(days);
  throw new CommandError('--expires takes a number of days, such as 90d.');
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
