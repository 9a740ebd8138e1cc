import { temporaryDatabase } from '../../support/database/database.ts';
import { stoppedGrantsContract } from './stopped-grants.ts';

stoppedGrantsContract(temporaryDatabase);
