import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { stoppedGrantsContract } from './stopped-grants.ts';

stoppedGrantsContract(temporaryPostgres);
