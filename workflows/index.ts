export { order } from './order.ts';
export { approval } from './approval.ts';
export { batchItem } from './batch-item.ts';
export { batch } from './batch.ts';
export { reconcile } from './reconcile.ts';
export { review } from './review.ts';
export { subscription } from './subscription.ts';
export { trial } from './trial.ts';
