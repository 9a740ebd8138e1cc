import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { leavingContract } from './leaving.ts';

leavingContract((now) => temporaryPostgres(now));
