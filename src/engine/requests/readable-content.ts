/** What was requested, where it may be damaged, or its key be lost. Such a request can be denied or withdrawn, and never granted. */
import { t } from '../../core/translate.ts';
import { unlessUnreadable } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RequestContent } from './access-request.ts';

/** Undefined where it can't be read. */
export const readableContent = (
  { requests }: Pick<Stores, 'requests'>,
  requestId: string,
): Promise<RequestContent | undefined> => unlessUnreadable(requests.content(requestId), undefined);

/** For who approves it. */
export const sayUnreadable = (): string =>
  t`What was requested can't be read any more. Deny this request, and have it requested again.`;
