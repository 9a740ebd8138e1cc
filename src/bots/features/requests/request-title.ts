/** What a request is called: on its card, in rows, and in the forms that decide it. */
import { t } from '../../../core/translate.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { mayBeTaken } from '../../../engine/requests/break-glass.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import type { Turn } from '../../live/context.ts';
import type { Text } from '../../view/card.ts';

interface Titled {
  readonly request: AccessRequest;
  readonly person: Person;
  readonly requester: Person;
  readonly integration: Integration;
}

/** `You requested Fernboard`, `Ann Lee requests Fernboard for Ben Sato`, depending on who reads it; once it has ended, she requested it. */
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
  const isOpen = request.state === 'open';
  if (person.id === requester.id) {
    if (!keeps) return requestsWords(who, what, isOpen);
    return isOpen
      ? t`${who} requests to keep ${what} longer`
      : t`${who} requested to keep ${what} longer`;
  }
  if (person.id === reader.id) {
    if (keeps)
      return isOpen
        ? t`${who} requests to keep ${what} longer for you`
        : t`${who} requested to keep ${what} longer for you`;
    return isOpen ? t`${who} requests ${what} for you` : t`${who} requested ${what} for you`;
  }
  if (keeps)
    return isOpen
      ? t`${who} requests to keep ${what} longer for ${whom}`
      : t`${who} requested to keep ${what} longer for ${whom}`;
  return isOpen ? t`${who} requests ${what} for ${whom}` : t`${who} requested ${what} for ${whom}`;
}

/** Everyone takes it for themselves. */
export const breakGlassTitle = (
  { person, integration }: Pick<Titled, 'person' | 'integration'>,
  reader: Pick<Person, 'id'>,
): string => {
  const what = labelOf(integration);
  return person.id === reader.id
    ? t`You took ${what} by break-glass`
    : t`${fullName(person)} took ${what} by break-glass`;
};

/** Of what they request for themselves. */
export const requestsWords = (who: string, what: string, isOpen: boolean): string =>
  isOpen ? t`${who} requests ${what}` : t`${who} requested ${what}`;

/** Above the fields of a form that decides a request or reviews what someone took: empty for someone who can't see it, whose answer will be refused. */
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
  const shown = { request, person, requester, integration };
  const isTaken = mayBeTaken(request) && (await stores.breakGlasses.find(request.id));
  return [[isTaken ? breakGlassTitle(shown, actor) : requestTitle(shown, actor)]];
}
