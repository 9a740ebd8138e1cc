import { temporaryPostgres } from '../support/postgres.ts';
import { factClaimsContract } from './fact-claims.ts';

factClaimsContract((now) => temporaryPostgres(now));
