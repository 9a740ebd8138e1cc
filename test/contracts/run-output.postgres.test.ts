import { temporaryPostgres } from '../support/postgres.ts';
import { runOutputContract } from './run-output.ts';

runOutputContract((now) => temporaryPostgres(now));
