import { temporaryDatabase } from '../../support/database/database.ts';
import { leavingContract } from './leaving.ts';

leavingContract((now) => temporaryDatabase(now));
