export { reconcile } from './reconcile.ts';
export { review } from './review.ts';
export { subscription } from './subscription.ts';
export { trial } from './trial.ts';
