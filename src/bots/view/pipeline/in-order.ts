import type { WorkQueue } from '../../../core/work-queue.ts';
import type { Step } from './pipeline.ts';

/** So many at once, each person's in their order. Without a queue everything is begun at once. */
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
