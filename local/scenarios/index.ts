import { approval } from './approval.ts';
import { batch } from './batch.ts';
import { bounce } from './bounce.ts';
import { cancelAndUncancel } from './cancel-and-uncancel.ts';
import { confirmedPayment } from './confirmed-payment.ts';
import { downgrade } from './downgrade.ts';
import { dunningToCancellation } from './dunning-to-cancellation.ts';
import { dunningToRecovery } from './dunning-to-recovery.ts';
import { eightDayTrial } from './eight-day-trial.ts';
import { lostWebhooks } from './lost-webhooks.ts';
import { orderSaga } from './order-saga.ts';
import { pauseAndResume } from './pause-and-resume.ts';
import { reconcile } from './reconcile.ts';
import { renewalDeclined } from './renewal-declined.ts';
import { review } from './review.ts';
import type { Scenario } from './scenario.ts';
import { trialCancelled } from './trial-cancelled.ts';
import { trialToPaid } from './trial-to-paid.ts';
import { trialWithoutCard } from './trial-without-card.ts';
import { upgrade } from './upgrade.ts';
import { winBack } from './win-back.ts';

/** Every scenario, by the name that the command line takes. */
export const SCENARIOS: Record<string, Scenario> = {
  'trial-to-paid': trialToPaid,
  'trial-cancelled': trialCancelled,
  'trial-without-card': trialWithoutCard,
  'eight-day-trial': eightDayTrial,
  'renewal-declined': renewalDeclined,
  'dunning-to-recovery': dunningToRecovery,
  'dunning-to-cancellation': dunningToCancellation,
  'confirmed-payment': confirmedPayment,
  'pause-and-resume': pauseAndResume,
  upgrade,
  downgrade,
  'cancel-and-uncancel': cancelAndUncancel,
  'lost-webhooks': lostWebhooks,
  review,
  reconcile,
  bounce,
  'win-back': winBack,
  'order-saga': orderSaga,
  approval,
  batch,
};
