import { temporaryDatabase } from '../../support/database/database.ts';
import { endpointsContract } from './event-endpoints.ts';

endpointsContract((now) => temporaryDatabase(now));
