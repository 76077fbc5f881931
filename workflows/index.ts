export { order } from './order.ts';
export { approval } from './approval.ts';
export { subscription } from './subscription.ts';
export { trial } from './trial.ts';
