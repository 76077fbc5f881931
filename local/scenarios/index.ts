import { eightDayTrial } from './eight-day-trial.ts';
import { renewalDeclined } from './renewal-declined.ts';
import type { Scenario } from './scenario.ts';
import { trialCancelled } from './trial-cancelled.ts';
import { trialToPaid } from './trial-to-paid.ts';

/** Every scenario, by the name that the command line takes. */
export const SCENARIOS: Record<string, Scenario> = {
  'trial-to-paid': trialToPaid,
  'trial-cancelled': trialCancelled,
  'eight-day-trial': eightDayTrial,
  'renewal-declined': renewalDeclined,
};
