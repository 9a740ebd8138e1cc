/** Names of people and integrations for files that people download. */
import { z } from 'zod';
import { jsonIn } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type Actor, type AuditEntry, fullName, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';

export interface Names {
  /** `Ann Lee <ann@example.com>`; the id of someone who was erased. */
  readonly person: (id: string) => Promise<string>;
  readonly integration: (id: string) => Promise<string>;
  /** Of an API token; its id where it was deleted. */
  readonly token: (id: string) => Promise<string>;
}

/** Each name is looked up once. */
export function namesFrom(stores: Pick<Stores, 'people' | 'integrations' | 'apiTokens'>): Names {
  const people = new Map<string, Person | undefined>();
  const integrations = new Map<string, string>();
  const tokens = new Map<string, string>();
  return {
    async person(id) {
      if (!people.has(id)) people.set(id, await stores.people.find(id));
      const person = people.get(id);
      return person ? `${fullName(person)} <${person.email}>` : id;
    },
    async integration(id) {
      const known = integrations.get(id);
      if (known !== undefined) return known;
      const name = (await stores.integrations.find(id))?.name ?? id;
      integrations.set(id, name);
      return name;
    },
    async token(id) {
      const name = tokens.get(id) ?? (await stores.apiTokens.find(id))?.name ?? id;
      tokens.set(id, name);
      return name;
    },
  };
}

export const actorSchema: z.ZodType<Actor> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('person'),
    personId: z.string(),
    via: z.enum(['slack', 'teams', 'web']),
    tokenId: z.string().optional(),
  }),
  z.object({ kind: z.literal('operator'), user: z.string() }),
  z.object({ kind: z.literal('system') }),
]);

/** As it is stored. Undefined: someone changed it. */
export const actorIn = (text: string): Actor | undefined =>
  actorSchema.safeParse(jsonIn(text)).data;

const detail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Someone who edits an entry stops neither the list nor a file: it says what is stored. */
export const detailIn = (text: string): NonNullable<AuditEntry['detail']> =>
  detail.safeParse(jsonIn(text)).data ?? { damaged: text };

export async function whoWords(actor: Actor, names: Names): Promise<string> {
  switch (actor.kind) {
    case 'person':
      return withToken(actor, await names.person(actor.personId), names.token);
    case 'operator':
      return actor.user;
    case 'system':
      return 'Latchkey';
    default:
      return unreachable(actor);
  }
}

/** `Ann Lee (by the token CI)`, where a program did it for her. */
export async function withToken(
  { tokenId }: Extract<Actor, { readonly kind: 'person' }>,
  person: string,
  nameOf: Names['token'],
): Promise<string> {
  return tokenId === undefined ? person : t`${person} (by the token ${await nameOf(tokenId)})`;
}
