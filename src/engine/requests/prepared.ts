/** A request that a program or a workflow of Slack has filled in for someone. They send it, or they don't. */
import type { Person, PersonAtApp } from '../people/directory.ts';
import type { RequestContent } from './access-request.ts';

export interface PreparedRequest extends Pick<RequestContent, 'form' | 'answers'>, PersonAtApp {
  readonly by: { readonly kind: 'token'; readonly name: string } | { readonly kind: 'workflow' };
  /** Whose token it is, or whom the workflow names. Only they get it. */
  readonly owner: Person;
  /** Undefined: they choose. */
  readonly hours: number | undefined;
  readonly reason: string | undefined;
}

/** For one person: what goes round in a circle mustn't fill their chat. */
export const PREPARED_FOR_ONE = { burst: 10, perSecond: 10 / 3600 };

/** `absent`: chat has no conversation with them. `too-long`: a card doesn't carry so much. `unreachable`: it may work later. */
export type Presented = 'sent' | 'absent' | 'too-long' | 'unreachable';

/** Shows it to the owner in their direct conversation. */
export type PresentRequest = (prepared: PreparedRequest) => Promise<Presented>;
