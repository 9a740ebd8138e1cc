import type { RateLimitResult } from '../../../core/rate-limit.ts';
import type { ChatUser } from '../platform.ts';
import type { Step } from './pipeline.ts';

/** Comes before anything is looked up: too many interactions of one person cost nothing more. */
export const rateLimit =
  <Who>(take: (user: ChatUser) => RateLimitResult): Step<Who> =>
  async (interaction, next) => {
    const taken = take(interaction.inbound.user);
    if (taken.ok) return next(interaction);
    return interaction.refuse({ kind: 'rate-limited', isFirst: taken.isFirst });
  };
