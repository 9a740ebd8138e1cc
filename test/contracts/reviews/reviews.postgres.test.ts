import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { reviewsContract } from './reviews.ts';

reviewsContract(temporaryPostgres);
