import { temporaryDatabase } from '../../support/database/database.ts';
import { driftContract } from './drift.ts';

driftContract((now) => temporaryDatabase(now));
