import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { directoryContract } from './directory.ts';

directoryContract((now) => temporaryPostgres(now));
