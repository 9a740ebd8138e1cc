/** What has become of each item of a bundle request. */
import { byId } from '../../core/ids.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Integration, Person } from '../people/directory.ts';
import { maySee } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { AccessRequest } from '../requests/access-request.ts';
import type { Run } from '../runs/run.ts';
import type { Task } from '../tasks/task.ts';
import type { BundleRequest, RequestedItem } from './bundle-request.ts';

/**
 * `done`: they have it through this. `under-way`: a run or a task grants it. `waiting`: approvers decide. `over`: it was
 * denied, withdrawn or left out, or its grant came to nothing.
 */
export type Progress = 'done' | 'under-way' | 'waiting' | 'over';

export interface ItemNow {
  readonly item: RequestedItem;
  /** Also one that was deleted. */
  readonly integration: Integration;
  readonly progress: Progress;
  readonly request?: AccessRequest | undefined;
  readonly run?: Run | undefined;
  readonly task?: Task | undefined;
}

export const itemsNow = async (
  stores: Stores,
  { id }: Pick<BundleRequest, 'id'>,
): Promise<readonly ItemNow[]> => itemsNowOf(stores, [id]);

/** Those of all these bundle requests, each in its order. */
export async function itemsNowOf(
  stores: Stores,
  bundleRequestIds: readonly string[],
): Promise<readonly ItemNow[]> {
  const items = await stores.bundleRequests.itemsOf(bundleRequestIds);
  const idsOf = (of: 'integrationId' | 'requestId' | 'runId' | 'taskId') => [
    ...new Set(items.flatMap((item) => item[of] ?? [])),
  ];
  const [integrations, requests, runs, tasks] = await Promise.all([
    stores.integrations.findMany(idsOf('integrationId')),
    stores.requests.findMany(idsOf('requestId')),
    stores.runs.findMany(idsOf('runId')),
    stores.tasks.findMany(idsOf('taskId')),
  ]);
  const [apps, ofRequests, ofRuns, ofTasks] = [
    byId(integrations),
    byId(requests),
    byId(runs),
    byId(tasks),
  ];
  return items.flatMap((item) => {
    const integration = apps.get(item.integrationId);
    const request = ofRequests.get(item.requestId ?? '');
    const run = ofRuns.get(item.runId ?? '');
    const task = ofTasks.get(item.taskId ?? '');
    const progress = progressOf({ item, request, run, task });
    return integration ? [{ item, integration, progress, request, run, task }] : [];
  });
}

/** A run or a task that is no longer kept has ended long ago: well, or the item names it no more (`Retention`). */
function progressOf({
  item,
  request,
  run,
  task,
}: Pick<ItemNow, 'item' | 'request' | 'run' | 'task'>): Progress {
  if (item.had) return 'done';
  if (item.runId !== undefined) return run ? progressOfRun(run) : 'done';
  if (item.taskId !== undefined)
    return !task || task.state === 'done' ? 'done' : task.state === 'open' ? 'under-way' : 'over';
  if (request?.state === 'open') return 'waiting';
  return 'over';
}

function progressOfRun({ state }: Run): Progress {
  switch (state) {
    case 'succeeded':
      return 'done';
    case 'queued':
    case 'running':
    case 'waiting':
    case 'retrying':
    case 'deferred':
      return 'under-way';
    case 'failed':
    case 'blocked':
    case 'cancelled':
      return 'over';
    default:
      return unreachable(state);
  }
}

/** Whether nothing of it is still to come. */
export const isSettled = (items: readonly ItemNow[]): boolean =>
  items.every(({ progress }) => progress === 'done' || progress === 'over');

/** Whether they may see all of its items. Its approvers see what they decide. */
export async function maySeeBundleRequest(
  reader: Person,
  { personId, requestedById }: BundleRequest,
  stores: Pick<Stores, 'people'>,
): Promise<boolean> {
  if (!reader.active) return false;
  if (reader.id === requestedById) return true;
  const person = await stores.people.find(personId);
  return person !== undefined && maySee(reader, person);
}
