/** Every address of the API. The document and the page of docs have this order. */
import type { Endpoint } from './endpoint.ts';
import { people } from './people.ts';

export const endpoints: readonly Endpoint[] = [...people];
