/** Everything that happens because its time has come, for the tick. */

import { notifyHold } from './bots/features/hold-notice.ts';
import { homeDay } from './bots/features/home-day.ts';
import { offboardingNews } from './bots/features/offboarding-news.ts';
import { requestNews, taskNews, taskReminders } from './bots/features/request-news.ts';
import { reviewNews } from './bots/features/review-news.ts';
import { sequenceNews } from './bots/features/sequence-news.ts';
import { absenceSources } from './engine/absences.ts';
import { accessSources } from './engine/access/due-access.ts';
import { factClaimSource } from './engine/access/fact-claims.ts';
import type { Asking } from './engine/ask-access.ts';
import { taskSources } from './engine/change-task.ts';
import { deletionSource } from './engine/delete-integration.ts';
import type { Source } from './engine/due.ts';
import { offboardingSources } from './engine/offboard.ts';
import { purging } from './engine/purge.ts';
import { reviewSources } from './engine/reviews.ts';
import { sequenceSource } from './engine/sequences/fire.ts';
import { syncSources } from './engine/sync/sync-schedules.ts';
import { undecidedSources } from './engine/undecided.ts';

export function dueSources(
  parts: Pick<Asking, 'now' | 'newId' | 'randomBytes' | 'timeZone'>,
): readonly Source[] {
  const asking: Asking = { ...parts, news: requestNews, taskNews };
  return [
    purging,
    homeDay(parts.timeZone),
    ...syncSources(parts),
    ...undecidedSources(asking),
    ...absenceSources(asking),
    ...reviewSources({ ...asking, reviewNews }),
    ...accessSources({ ...asking, notifyHold }),
    deletionSource,
    factClaimSource(parts),
    ...taskSources({ ...asking, taskReminders }),
    sequenceSource({ ...asking, sequenceNews }),
    ...offboardingSources({ ...asking, offboardingNews }),
  ];
}
