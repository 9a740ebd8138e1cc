import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { sequencesContract } from './sequences.ts';

sequencesContract((now) => temporaryPostgres(now));
