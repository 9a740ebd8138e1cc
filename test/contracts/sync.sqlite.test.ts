import { temporaryDatabase } from '../support/database.ts';
import { syncContract } from './sync.ts';

syncContract((now) => temporaryDatabase(now));
