/** The event handlers of every domain, which notify people. */
import { dispatchEvery } from '../../engine/work/on-event.ts';
import { accessEvents } from './access/on-events.ts';
import { endpointEvents } from './event-endpoints/on-events.ts';
import { findingEvents } from './findings/on-events.ts';
import { importEvents } from './imports/on-events.ts';
import { integrationEvents } from './integrations/on-events.ts';
import { offboardingEvents } from './offboarding/on-events.ts';
import { requestEvents } from './requests/on-events.ts';
import { reviewEvents } from './reviews/on-events.ts';
import { ruleEvents } from './rules/on-events.ts';
import { runEvents } from './runs/on-events.ts';
import { sequenceEvents } from './sequences/on-events.ts';
import { settingsEvents } from './settings/on-events.ts';
import { stepUpEvents } from './step-up/on-events.ts';
import { taskEvents } from './tasks/on-events.ts';
import { tokenEvents } from './tokens/on-events.ts';
import { transitionEvents } from './transitions/on-events.ts';

export const notifyOfEvents = dispatchEvery(
  [
    accessEvents,
    endpointEvents,
    findingEvents,
    importEvents,
    integrationEvents,
    offboardingEvents,
    requestEvents,
    reviewEvents,
    ruleEvents,
    runEvents,
    sequenceEvents,
    settingsEvents,
    stepUpEvents,
    taskEvents,
    tokenEvents,
    transitionEvents,
  ],
  // Events from which nothing follows, each with the reason: none so far.
  {},
);
