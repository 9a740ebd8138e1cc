import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ManifestNotification } from '../manifest/schema.ts';
import { oneAddress } from '../people/person-details.ts';
import { renderText, scopeOf, warningsOf } from '../templates/render.ts';
import type { Variables } from '../templates/variables.ts';
import type { Notification } from './delivery.ts';

export interface RenderedNotifications {
  readonly deliveries: readonly Notification[];
  /** Why some notifications can't be sent. The others are still sent. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Renders the messages of a run that succeeded. Never throws. */
export function renderNotifications(
  specs: readonly ManifestNotification[],
  variables: Variables,
): RenderedNotifications {
  const scope = scopeOf(variables);
  const deliveries: Notification[] = [];
  const problems: string[] = [];
  for (const [index, spec] of specs.entries()) {
    const to = renderText(spec.to, scope);
    const subject = renderText(spec.subject ?? '', scope);
    const message = renderText(spec.message, scope);
    const which = t`Notification ${index + 1} (${spec.type})`;
    if (!to.ok) problems.push(t`${which} could not be written. ${to.error}`);
    else if (!subject.ok) problems.push(t`${which} could not be written. ${subject.error}`);
    else if (!message.ok) problems.push(t`${which} could not be written. ${message.error}`);
    else if (to.value.trim() === '')
      problems.push(t`${which} has nobody to go to: ${spec.to} is empty.`);
    else if (spec.type === 'email' && oneAddress(to.value) === undefined)
      problems.push(
        t`${which} is not sent: ${spec.to} has to be exactly one email address, with no name beside it.`,
      );
    else
      deliveries.push(delivery(spec.type, to.value.trim(), oneLine(subject.value), message.value));
  }
  return { deliveries, problems, warnings: warningsOf(scope) };
}

/** A line break in a subject would begin another mail header. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function delivery(
  type: ManifestNotification['type'],
  to: string,
  subject: string,
  message: string,
): Notification {
  switch (type) {
    case 'email':
      return { type, to, subject, message };
    case 'text':
    case 'chat':
      return { type, to, message, ...(subject !== '' && { subject }) };
    default:
      return unreachable(type);
  }
}
