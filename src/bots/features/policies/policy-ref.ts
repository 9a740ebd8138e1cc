/** The reference to the card of who approves, and the integration whose route an admin or owner changes. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { editRoute } from '../../../engine/integrations/change-route.ts';
import type { Route } from '../../../engine/settings/route.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import { type Reply, showCard } from '../../view/action.ts';
import { cardRefs } from '../../view/live-card.ts';
import { change } from '../change.ts';
import { targetAt, targetPayload } from '../integrations/integration-target.ts';

/** A button of the card, which names the version that it shows: stages and cases have no ids. */
export const policyTarget = targetPayload.extend({ version: z.number().int() });
/** A stage. Without `inCase` one of the route's own. */
export const stageTarget = policyTarget.extend({
  inCase: z.number().int().nonnegative().optional(),
  index: z.number().int().nonnegative().optional(),
});

export const policyRefs = cardRefs({
  id: 'policy',
  payload: targetPayload,
  topic: ({ integrationId }) => integrationTopic(integrationId),
});

export const showPolicy = (integrationId: string): Reply =>
  showCard(policyRefs.with({ integrationId }));

/** Changes the route as the card showed it; it fails where another admin or owner has changed it since. */
export const changeRoute = (
  { integrationId, version: seen }: z.infer<typeof policyTarget>,
  turn: Turn,
  edit: (route: Route) => Route,
) => change(turn, (tx, by) => editRoute(tx, integrationId, { ...by, seen, change: edit }));

export const integrationFor = targetAt({
  right: 'change approvers',
  what: () => t`change who approves`,
});
