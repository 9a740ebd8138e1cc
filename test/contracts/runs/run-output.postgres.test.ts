import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { runOutputContract } from './run-output.ts';

runOutputContract((now) => temporaryPostgres(now));
