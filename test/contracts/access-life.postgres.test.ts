import { temporaryPostgres } from '../support/postgres.ts';
import { accessLifeContract } from './access-life.ts';

accessLifeContract((now) => temporaryPostgres(now));
