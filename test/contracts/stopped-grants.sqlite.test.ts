import { temporaryDatabase } from '../support/database.ts';
import { stoppedGrantsContract } from './stopped-grants.ts';

stoppedGrantsContract(temporaryDatabase);
