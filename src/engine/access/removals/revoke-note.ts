/** What to hand over before access is removed by hand: the manifest's `revoke_note`. */
import { manifestOf } from '../../integrations/manifest-of.ts';
import type { PersonAtApp } from '../../people/directory.ts';
import { inWorkspaceLocale } from '../../people/locales.ts';
import type { Stores } from '../../ports/unit-of-work.ts';
import { renderText, scopeOf } from '../../templates/render.ts';
import { buildVariables, inWords } from '../../templates/variables.ts';
import type { AccountFacts } from '../accounts.ts';

/** In characters. The template has at most 1000, but its facts may be longer than anyone reads. */
const MAX_RENDERED = 2000;
/** These facts are those of now, not of when the account was made. */
const OF_OTHERS = ['manager', 'manager_email', 'buddy', 'buddy_email'];

/** @returns the task's note, and below it the manifest's `revoke_note` for each account of the person */
export async function withRevokeNote(
  stores: Pick<Stores, 'integrations' | 'accounts' | 'people' | 'settings'>,
  { person, integration }: PersonAtApp,
  note: string | undefined,
): Promise<string | undefined> {
  const template = (await manifestOf(stores, integration))?.revokeNote;
  if (template === undefined) return note;
  const [manager, buddy] = [
    person.managerId === undefined ? undefined : await stores.people.find(person.managerId),
    person.buddyId === undefined ? undefined : await stores.people.find(person.buddyId),
  ];
  const now = buildVariables({ person, manager, buddy });
  const heirs = Object.fromEntries(OF_OTHERS.map((name) => [name, now[name]]));
  const open = await stores.accounts.openAt(person.id, integration.id);
  const accounts: readonly Pick<AccountFacts, 'facts'>[] = open.length > 0 ? open : [{ facts: {} }];
  const texts = await inWorkspaceLocale(stores, async () =>
    accounts.map(({ facts }) => {
      // Only facts, since people read it. An account stores only the facts that name it; the others are those of now.
      const variables = inWords({ ...now, ...facts, ...heirs });
      const rendered = renderText(template, scopeOf(variables));
      return rendered.ok ? rendered.value.trim().slice(0, MAX_RENDERED) : '';
    }),
  );
  const parts = [note ?? '', ...new Set(texts)].filter((text) => text !== '');
  return parts.length === 0 ? undefined : parts.join('\n\n');
}
