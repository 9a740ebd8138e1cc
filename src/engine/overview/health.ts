/** What works and what doesn't, as the doctor and the cards of chat know it. Nothing is asked of an app, and nothing changes. */
import type { AccountRound } from '../findings/account-round.ts';
import type { SyncIn } from '../imports/sync-run.ts';
import {
  type IntegrationState,
  statesOf,
  type WithState,
} from '../integrations/integration-state.ts';
import { type HeadSent, lastHeadSent } from '../messages/send-head.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type StillRule, stillRules } from '../rules/still-rules.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';

/** Latchkey itself. */
interface Health {
  /** The last sign of life of any worker. */
  readonly beat: Date | undefined;
  readonly runs: Readonly<Record<'under-way' | 'failed' | 'unknown', number>>;
  readonly removals: Readonly<Record<'stuck' | 'by-hand', number>>;
  /** Rules that do nothing, since no import has brought what they compare. */
  readonly still: readonly StillRule[];
  /** Of the audit log: the newest sealed entry, and entries that wait for the sealer. */
  readonly sealed: { readonly seq: number; readonly at: Date } | undefined;
  readonly unsealed: number;
  readonly headSent: HeadSent | undefined;
  /** Whether an admin has said where the head is sent. */
  readonly isHeadSent: boolean;
}

export async function health(stores: Stores): Promise<Health> {
  const none = { offset: 0, limit: 0 };
  const [beat, removals, still, head, unsealed, headSent, { headsTo }, underWay, failed, unknown] =
    await Promise.all([
      stores.workers.lastBeat(),
      stores.removals.countOpen(),
      stillRules(stores),
      stores.auditChain.head(),
      stores.auditChain.unsealed(),
      lastHeadSent(stores),
      workspaceSettings(stores),
      stores.runs.list({ outcome: 'under-way' }, none),
      stores.runs.list({ outcome: 'failed' }, none),
      stores.runs.list({ outcome: 'unknown' }, none),
    ]);
  return {
    beat,
    runs: { 'under-way': underWay.total, failed: failed.total, unknown: unknown.total },
    removals,
    still,
    sealed: head && { seq: head.seq, at: new Date(head.sealedAt) },
    unsealed: unsealed.count,
    headSent,
    isHeadSent: headsTo !== undefined,
  };
}

/** One app, where something needs someone. */
export interface AppTrouble {
  readonly integration: Integration;
  readonly state: IntegrationState;
  /** When it last answered well to its current manifest, secrets and connection. */
  readonly okAt: Date | undefined;
  /** Since then its connection couldn't be renewed. */
  readonly notRenewedAt: Date | undefined;
  /** Its newest import, where that failed or waits for an admin. */
  readonly import: SyncIn<'failed'> | SyncIn<'ready'> | undefined;
  /** Its last list of accounts, where that wasn't read to its end. */
  readonly list: AccountRound | undefined;
  /** Accesses that no check could confirm. */
  readonly unknown: number;
  readonly stuck: number;
}

/** Every app that needs someone, by name. */
export async function troubledApps(stores: Stores): Promise<readonly AppTrouble[]> {
  const [all, rounds, okTimes, failures, unknown, stuck, newestRuns] = await Promise.all([
    stores.integrations.list(),
    stores.accountRounds.all(),
    stores.health.okTimes(),
    stores.oauth.failures(),
    stores.access.unknownByApp(),
    stores.removals.countByApp('stuck'),
    stores.syncRuns.newestByApp(),
  ]);
  const roundAt = new Map(rounds.map((round) => [round.integrationId, round]));
  const troubleAt = ({ integration, state }: WithState): AppTrouble => {
    const { id } = integration;
    const newest = newestRuns.get(id);
    const isWaiting = newest?.state === 'failed' || (newest?.state === 'ready' && newest.held);
    const round = roundAt.get(id);
    return {
      integration,
      state,
      okAt: okTimes.get(id),
      notRenewedAt: failures.get(id),
      import: isWaiting ? newest : undefined,
      list: round?.state === 'failed' || round?.list === 'cut' ? round : undefined,
      unknown: unknown.get(id) ?? 0,
      stuck: stuck.get(id) ?? 0,
    };
  };
  return (await statesOf(stores, all)).map(troubleAt).filter(needsSomeone);
}

/** What is turned off is no trouble by itself. */
const isWell = ({ kind }: IntegrationState): boolean =>
  kind === 'ready' || kind === 'manual' || kind === 'off' || kind === 'deleting';

const needsSomeone = (app: AppTrouble): boolean =>
  !isWell(app.state) ||
  app.notRenewedAt !== undefined ||
  app.import !== undefined ||
  app.list !== undefined ||
  app.unknown + app.stuck > 0;
