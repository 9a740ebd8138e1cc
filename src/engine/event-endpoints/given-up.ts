/** Endpoints that need an admin, for Home, *Health* and the doctor. */
import type { Stores } from '../ports/unit-of-work.ts';
import type { EndpointIn, EventEndpoint } from './event-endpoint.ts';

const isGivenUp = (endpoint: EventEndpoint): endpoint is EndpointIn<'off'> =>
  endpoint.state === 'off' && endpoint.why !== 'by-hand';

/** Those that Latchkey turned off. */
export const givenUp = async ({
  eventEndpoints,
}: Pick<Stores, 'eventEndpoints'>): Promise<readonly EndpointIn<'off'>[]> =>
  (await eventEndpoints.list()).filter(isGivenUp);
