/** Every address of the API. The document and the page of docs have this order. */
import { accesses } from './access.ts';
import { accessWrites } from './access-writes.ts';
import { audit } from './audit.ts';
import { bundles } from './bundles.ts';
import type { Endpoint } from './endpoint.ts';
import { integrations } from './integrations.ts';
import { people } from './people.ts';
import { removals } from './removals.ts';
import { requestWrites } from './request-writes.ts';
import { requests } from './requests.ts';
import { reviews } from './reviews.ts';
import { runs } from './runs.ts';
import { tasks } from './tasks.ts';

export const endpoints: readonly Endpoint[] = [
  ...people,
  ...integrations,
  ...accesses,
  ...accessWrites,
  ...requests,
  ...requestWrites,
  ...bundles,
  ...runs,
  ...removals,
  ...tasks,
  ...reviews,
  ...audit,
];
