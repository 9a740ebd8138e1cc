import { temporaryPostgres } from '../support/postgres.ts';
import { storedNamesContract } from './stored-names.ts';

storedNamesContract((now) => temporaryPostgres(now));
