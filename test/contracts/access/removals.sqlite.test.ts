import { temporaryDatabase } from '../../support/database/database.ts';
import { removalsContract } from './removals.ts';

removalsContract((now) => temporaryDatabase(now));
