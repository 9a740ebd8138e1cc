import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { factClaimsContract } from './fact-claims.ts';

factClaimsContract((now) => temporaryPostgres(now));
