import type { Duration } from './time.ts';

/** What somebody has to decide about: a refund or a credit above a limit. */
export interface ApprovalRequest {
  /** In a few words, for the one who decides. */
  summary: string;
  approver: { email: string; name?: string; locale?: string };
  /** 48 hours unless given. */
  limit?: Duration;
}

export interface Decision {
  decision: 'approved' | 'rejected';
  by: string;
  reason?: string;
}
