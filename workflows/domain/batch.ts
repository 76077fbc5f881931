/** One thing to be done to many subscriptions. */
export interface BatchRequest {
  action: 'change_plan' | 'announce' | 'cancel' | 'extend_trial';
  subscriptions: string[];
  isDryRun?: boolean;
}
