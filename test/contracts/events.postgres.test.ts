import { temporaryPostgres } from '../support/postgres.ts';
import { eventsContract } from './events.ts';

eventsContract((now) => temporaryPostgres(now));
