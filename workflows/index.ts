export { order } from './order.ts';
export { subscription } from './subscription.ts';
export { trial } from './trial.ts';
