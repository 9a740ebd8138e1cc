import type { Inbound } from '../platform.ts';
import type { InteractionKind } from './interaction.ts';
import type { Step } from './pipeline.ts';

/** Observes an interaction; it must call `handle` once. */
export type WatchInteraction = <T>(
  kind: InteractionKind,
  inbound: Inbound,
  handle: () => Promise<T>,
) => Promise<T>;

/** Counts and traces the interaction. */
export const measure =
  <Who>(watch: WatchInteraction | undefined): Step<Who> =>
  (interaction, next) => {
    const { kind, inbound } = interaction;
    return watch && kind ? watch(kind, inbound, () => next(interaction)) : next(interaction);
  };
