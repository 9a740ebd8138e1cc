import type { WorkQueue } from '../../../core/work-queue.ts';
import type { Step } from './pipeline.ts';

/** Limits how many interactions run at once, and keeps each person's in order. Without a queue all start at once. */
export const inOrder =
  <Who>(queue: WorkQueue | undefined): Step<Who> =>
  async (interaction, next) => {
    if (!queue) return next(interaction);
    const { platform, tenant, userId } = interaction.inbound.user;
    return queue.enter(
      `${platform}/${tenant}/${userId}`,
      () => next(interaction),
      () => interaction.refuse({ kind: 'busy' }),
    );
  };
