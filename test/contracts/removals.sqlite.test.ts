import { temporaryDatabase } from '../support/database.ts';
import { removalsContract } from './removals.ts';

removalsContract((now) => temporaryDatabase(now));
