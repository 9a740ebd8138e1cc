import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { endpointsContract } from './event-endpoints.ts';

endpointsContract((now) => temporaryPostgres(now));
