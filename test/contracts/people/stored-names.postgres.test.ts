import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { storedNamesContract } from './stored-names.ts';

storedNamesContract((now) => temporaryPostgres(now));
