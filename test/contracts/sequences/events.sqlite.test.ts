import { temporaryDatabase } from '../../support/database/database.ts';
import { eventsContract } from './events.ts';

eventsContract((now) => temporaryDatabase(now));
