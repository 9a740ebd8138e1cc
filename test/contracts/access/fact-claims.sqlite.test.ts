import { temporaryDatabase } from '../../support/database/database.ts';
import { factClaimsContract } from './fact-claims.ts';

factClaimsContract((now) => temporaryDatabase(now));
