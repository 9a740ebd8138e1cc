import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { eventsContract } from './events.ts';

eventsContract((now) => temporaryPostgres(now));
