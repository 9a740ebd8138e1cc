import { temporaryPostgres } from '../support/postgres.ts';
import { directoryContract } from './directory.ts';

directoryContract((now) => temporaryPostgres(now));
