import { temporaryPostgres } from '../support/postgres.ts';
import { sequencesContract } from './sequences.ts';

sequencesContract((now) => temporaryPostgres(now));
