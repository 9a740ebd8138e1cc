import { temporaryDatabase } from '../../support/database/database.ts';
import { reviewsContract } from './reviews.ts';

reviewsContract(temporaryDatabase);
