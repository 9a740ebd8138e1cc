import type { RateLimitResult } from '../../../core/rate-limit.ts';
import type { ChatUser } from '../platform.ts';
import type { Step } from './pipeline.ts';

/** Runs before any lookup, so that interactions over the limit cost nothing. */
export const rateLimit =
  <Who>(take: (user: ChatUser) => RateLimitResult): Step<Who> =>
  async (interaction, next) => {
    const taken = take(interaction.inbound.user);
    if (taken.ok) return next(interaction);
    return interaction.refuse({ kind: 'rate-limited', isFirst: taken.isFirst });
  };
