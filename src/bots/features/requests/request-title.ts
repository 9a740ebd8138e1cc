/** What a request is called: on its card, in rows, and in the forms that decide it. */
import { t } from '../../../core/translate.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import type { Turn } from '../../live/context.ts';
import type { Text } from '../../view/card.ts';

interface Titled {
  readonly request: AccessRequest;
  readonly person: Person;
  readonly requester: Person;
  readonly integration: Integration;
}

/** `You requested Fernboard`, `Ann Lee requests Fernboard for Ben Sato`, depending on who reads it. */
export function requestTitle(
  { request, person, requester, integration }: Titled,
  reader: Pick<Person, 'id'>,
): string {
  const what = labelOf(integration);
  const keeps = request.kind === 'extend';
  const whom = fullName(person);
  if (requester.id === reader.id) {
    if (person.id === reader.id)
      return keeps ? t`You requested to keep ${what} longer` : t`You requested ${what}`;
    return keeps
      ? t`You requested to keep ${what} longer for ${whom}`
      : t`You requested ${what} for ${whom}`;
  }
  const who = fullName(requester);
  if (person.id === requester.id)
    return keeps ? t`${who} requests to keep ${what} longer` : t`${who} requests ${what}`;
  if (person.id === reader.id)
    return keeps
      ? t`${who} requests to keep ${what} longer for you`
      : t`${who} requests ${what} for you`;
  return keeps
    ? t`${who} requests to keep ${what} longer for ${whom}`
    : t`${who} requests ${what} for ${whom}`;
}

/** Above the fields of a form that decides a request: empty for someone who can't see it, whose answer will be refused. */
export async function requestIntro(
  request: AccessRequest,
  { stores, actor }: Pick<Turn, 'stores' | 'actor'>,
): Promise<Text[]> {
  const [person, requester, integration] = await Promise.all([
    stores.people.find(request.personId),
    stores.people.find(request.requestedById),
    stores.integrations.find(request.integrationId),
  ]);
  if (!person || !requester || !integration) return [];
  if (!(await maySeeRequest(actor, request, stores))) return [];
  return [[requestTitle({ request, person, requester, integration }, actor)]];
}
