/** Which parts of Latchkey work now: for `/readyz` and the figures. */
import type { SlackConnection } from '../bots/slack/connection.ts';
import { compact } from '../core/compact.ts';
import { slackRemovedAt } from '../engine/settings/set-up-memory.ts';
import type { ChatHealth } from '../observe/chat-health.ts';
import { databaseTrouble } from '../store/database-trouble.ts';
import { Readiness } from '../web/readiness.ts';
import type { Reason } from '../web/server.ts';
import type { Chats } from './chats.ts';
import type { Foundation } from './foundation.ts';

interface ReadyDeps extends Pick<Chats, 'slack' | 'teams'> {
  readonly connection: SlackConnection | undefined;
  readonly chatHealth: ChatHealth;
  /** Of this process's own worker. */
  readonly workerId: () => string;
}

export interface ReadyParts {
  /** Why Latchkey is not ready; empty when it is. */
  readonly ready: () => Promise<readonly Reason[]>;
  /** Each part that this installation has, and whether it works. */
  readonly parts: () => Promise<Readonly<Record<string, boolean>>>;
}

export function readyParts(
  { stores, now }: Pick<Foundation, 'stores' | 'now'>,
  { slack, teams, connection, chatHealth, workerId }: ReadyDeps,
): ReadyParts {
  const readiness = new Readiness({
    lastBeat: () => stores.workers.beatOf(workerId()),
    now,
    ticks: () => performance.now(),
    troubleOf: databaseTrouble,
    slack: slack &&
      connection && {
        opened: () => connection.opened,
        isConnected: () => slack.isConnected(),
        isUnreachable: () => chatHealth.isUnreachable('slack'),
        removedAt: () => slackRemovedAt(stores),
      },
    teams: teams && { isUnreachable: () => chatHealth.isUnreachable('teams') },
  });
  const ready = () => readiness.whatIsAmiss();
  return {
    ready,
    async parts() {
      const amiss = (await ready()).map(({ part }) => part);
      const needed = compact(['database', 'worker', slack && 'slack', teams && 'teams']);
      return Object.fromEntries(needed.map((part) => [part, !amiss.includes(part)]));
    },
  };
}
