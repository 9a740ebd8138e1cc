import { temporaryDatabase } from '../../support/database/database.ts';
import { runOutputContract } from './run-output.ts';

runOutputContract((now) => temporaryDatabase(now));
