/** A request that a program has filled in for the owner of its token. They send it, or they don't; it is stored nowhere. */
import type { Integration, Person } from '../people/directory.ts';
import type { ApiToken } from '../tokens/token.ts';
import type { RequestContent } from './access-request.ts';

export interface PreparedRequest extends Pick<RequestContent, 'form' | 'answers'> {
  readonly token: ApiToken;
  /** Whose token it is. Only they get it. */
  readonly owner: Person;
  readonly person: Person;
  readonly integration: Integration;
  /** Undefined: they choose. */
  readonly hours: number | undefined;
  readonly reason: string | undefined;
}

/** `absent`: chat has no conversation with them. `too-long`: a card doesn't carry so much. `unreachable`: it may work later. */
export type Presented = 'sent' | 'absent' | 'too-long' | 'unreachable';

/** Shows it to the owner in their direct conversation. */
export type PresentRequest = (prepared: PreparedRequest) => Promise<Presented>;
