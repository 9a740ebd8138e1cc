import { temporaryDatabase } from '../../support/database/database.ts';
import { syncContract } from './sync.ts';

syncContract((now) => temporaryDatabase(now));
