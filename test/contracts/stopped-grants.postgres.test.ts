import { temporaryPostgres } from '../support/postgres.ts';
import { stoppedGrantsContract } from './stopped-grants.ts';

stoppedGrantsContract(temporaryPostgres);
