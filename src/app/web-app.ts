/** What the web server answers: chat platforms, browsers, programs, and those who watch Latchkey's health. */
import type { RequestListener } from 'node:http';
import { presentWith } from '../bots/features/requests/prepared-request.ts';
import type { TrustedProxies } from '../core/network/client-address.ts';
import type { Signals } from '../engine/ports/jobs.ts';
import type { HookRefusals } from '../engine/sequences/hooks/refusals.ts';
import type { RunningJobs } from '../jobs/bree.ts';
import { FIGURES_TYPE, figuresOf, pageOf } from '../observe/figures.ts';
import { watchRequests } from '../observe/watch-interactions.ts';
import { createWebApp } from '../web/server.ts';
import type { Chats } from './chats.ts';
import type { Foundation } from './foundation.ts';
import type { ReadyParts } from './ready-parts.ts';
import type { Watch } from './watch.ts';
import { webPages, webPrograms } from './web-pages.ts';

export interface WebDeps extends Pick<ReadyParts, 'ready'> {
  readonly chats: Chats;
  readonly watch: Watch;
  /** The worker's; undefined before it runs. */
  readonly figures: () => ReturnType<RunningJobs['figures']> | undefined;
  readonly refusals: HookRefusals;
  readonly signals: Signals;
  readonly proxies: TrustedProxies;
  readonly onError: (error: unknown, where: string) => void;
}

export function webApp(
  foundation: Foundation,
  { chats, watch, ready, figures, refusals, signals, proxies, onError }: WebDeps,
): RequestListener {
  const { config } = foundation;
  const { meters, log } = watch;
  const { slack, teams } = chats;
  return createWebApp({
    watch: watchRequests(watch),
    slack: slack?.handler,
    teams: teams?.handler,
    ...webPrograms(foundation, {
      proxies,
      signals,
      onError,
      answered: (route, status) => meters.apiAnswered(route, status),
      present: presentWith(chats.sender, foundation),
    }),
    pages: webPages(foundation, { proxies, refusals, signals, onError }),
    site: {
      base: new URL(config.publicUrl).pathname.replace(/\/$/, ''),
      chats: [...(slack ? (['Slack'] as const) : []), ...(teams ? (['Teams'] as const) : [])],
    },
    health: { ready },
    metrics: {
      contentType: FIGURES_TYPE,
      metrics: async () => pageOf(await Promise.all([figuresOf(meters.registry), figures() ?? []])),
    },
    metricsToken: config.metricsToken,
    proxies,
    warn: (sentence) => log.warn(sentence),
    onError,
  });
}
