/** Every address of the API. The document and the page of docs have this order. */
import { accesses } from './access.ts';
import { audit } from './audit.ts';
import type { Endpoint } from './endpoint.ts';
import { integrations } from './integrations.ts';
import { people } from './people.ts';
import { removals } from './removals.ts';
import { requests } from './requests.ts';
import { reviews } from './reviews.ts';
import { runs } from './runs.ts';

export const endpoints: readonly Endpoint[] = [
  ...people,
  ...integrations,
  ...accesses,
  ...requests,
  ...runs,
  ...removals,
  ...reviews,
  ...audit,
];
