import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { transitionsContract } from './transitions.ts';

transitionsContract((now) => temporaryPostgres(now));
