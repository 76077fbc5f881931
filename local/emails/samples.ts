import type { RenderedEmail } from '../../worker/email/render.ts';
import { render, type Branding } from '../../worker/email/render.ts';
import { EMAIL_RULES, type EmailType } from '../../workflows/domain/email-types.ts';
import type { Email, EmailData } from '../../workflows/domain/emails.ts';
import type { Plan } from '../../workflows/domain/state.ts';

/** What stands in for the merchant's own. */
export const SAMPLE_BRANDING: Branding = {
  product: 'Acme',
  manageUrl: 'https://acme.example/account/{id}',
  supportEmail: 'help@acme.example',
  address: ['Acme Ltd', '1 Example Street, London'],
};

/** The money of each language that we speak; dollars for others. */
const CURRENCIES: Readonly<Record<string, string>> = { de: 'eur', es: 'eur', fr: 'eur', ja: 'jpy' };
const PAY = 'https://pay.acme.example/in_1';

interface Sample {
  at: string;
  data: Partial<EmailData>;
  /** What a year costs instead of what a month costs. */
  isYearly?: true;
}

const ENDED = '2027-03-04T10:00:00.000Z';

const ORDER = { reference: 'ord_1', summary: '2 × seat pack' };
const APPROVAL = {
  reference: 'apr_1',
  summary: 'Refund of $190.00 for sub_1',
  deadline: '2027-02-12T10:00:00.000Z',
  actionUrl: PAY,
};

/** What might have happened when each e-mail goes out. */
const SAMPLES = {
  welcome: { at: '2026-11-20T10:00:00.000Z', data: { trialEnd: '2026-12-04T10:00:00.000Z' } },
  trial_ending: { at: '2026-12-01T10:00:00.000Z', data: { trialEnd: '2026-12-04T10:00:00.000Z' } },
  trial_expired: {
    at: '2026-12-04T10:00:00.000Z',
    data: {
      trialEnd: '2026-12-04T10:00:00.000Z',
      endedAt: '2026-12-04T10:00:00.000Z',
      hasPaymentMethod: false,
    },
  },
  converted: { at: '2026-12-04T11:00:00.000Z', data: { periodEnd: '2027-01-04T10:00:00.000Z' } },
  receipt: { at: '2027-01-04T10:00:00.000Z', data: { periodEnd: '2027-02-04T10:00:00.000Z' } },
  renewal_reminder: {
    at: '2027-11-27T10:00:00.000Z',
    data: { periodEnd: '2027-12-04T10:00:00.000Z' },
    isYearly: true,
  },
  card_expiring: {
    at: '2027-08-11T10:00:00.000Z',
    data: { cardExpires: '2027-08', periodEnd: '2027-09-04T10:00:00.000Z' },
  },
  payment_failed: {
    at: '2027-02-04T10:00:00.000Z',
    data: { retryAt: '2027-02-07T10:00:00.000Z', deadline: '2027-02-11T10:00:00.000Z' },
  },
  payment_action_required: {
    at: '2027-02-04T10:00:00.000Z',
    data: { deadline: '2027-02-11T10:00:00.000Z', actionUrl: PAY },
  },
  final_notice: {
    at: '2027-02-23T10:00:00.000Z',
    data: {
      retryAt: '2027-02-25T10:00:00.000Z',
      deadline: '2027-02-25T10:00:00.000Z',
      actionUrl: PAY,
    },
  },
  recovered: { at: '2027-02-12T10:00:00.000Z', data: { periodEnd: '2027-03-04T10:00:00.000Z' } },
  cancellation_scheduled: {
    at: '2027-02-20T10:00:00.000Z',
    data: { cancelAt: ENDED, periodEnd: ENDED },
  },
  cancellation_reversed: { at: '2027-02-21T10:00:00.000Z', data: { periodEnd: ENDED } },
  cancelled: { at: ENDED, data: { endedAt: ENDED } },
  access_revoked: {
    at: '2027-02-11T10:00:00.000Z',
    data: { retryAt: '2027-02-12T10:00:00.000Z', deadline: '2027-02-25T10:00:00.000Z' },
  },
  paused: { at: '2027-03-04T10:00:00.000Z', data: { resumesAt: '2027-05-04T10:00:00.000Z' } },
  resumed: { at: '2027-05-04T10:00:00.000Z', data: { periodEnd: '2027-06-04T10:00:00.000Z' } },
  plan_changed: {
    at: '2027-02-10T10:00:00.000Z',
    data: { periodEnd: '2027-03-04T10:00:00.000Z' },
  },
  win_back: { at: '2027-03-11T10:00:00.000Z', data: { endedAt: ENDED } },
  order_confirmed: { at: '2027-02-10T10:00:00.000Z', data: ORDER },
  order_failed: {
    at: '2027-02-10T10:00:00.000Z',
    data: { ...ORDER, reason: 'declined' },
  },
  approval_requested: { at: '2027-02-10T10:00:00.000Z', data: APPROVAL },
  approval_reminder: { at: '2027-02-11T10:00:00.000Z', data: APPROVAL },
  approval_decided: {
    at: '2027-02-11T10:00:00.000Z',
    data: { ...APPROVAL, decision: 'approved', reason: 'A good customer.' },
  },
  announcement: {
    at: '2027-02-10T10:00:00.000Z',
    data: { headline: 'Two new reports', body: 'You find them on the first page from today on.' },
  },
} as const satisfies Record<EmailType, Sample>;

/** An e-mail of each type as somebody might get it. */
export function sampleOf(type: EmailType, locale: string): Email {
  const { at, data, isYearly }: Sample = SAMPLES[type];
  const currency = CURRENCIES[new Intl.Locale(locale).language] ?? 'usd';
  const plan: Plan = {
    id: 'pro',
    price: { amount: isYearly ? 19_000 : 1900, currency },
    interval: isYearly ? 'year' : 'month',
  };
  const isChange = type === 'plan_changed';
  return {
    key: `${type}:sub_1:sample`,
    type,
    subscription: 'sub_1',
    ...kindOf(type),
    at,
    to: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale, timezone: 'Europe/London' },
    data: {
      plan,
      price: plan.price,
      hasPaymentMethod: true,
      ...(type !== 'resumed' && { amount: isChange ? { amount: 700, currency } : plan.price }),
      ...(isChange && { previousPlan: { ...plan, id: 'basic' } }),
      ...data,
    },
  };
}

export function renderSample(
  type: EmailType,
  locale: string,
  branding: Branding = SAMPLE_BRANDING,
): Promise<RenderedEmail> {
  const isPromotion = EMAIL_RULES[type].stream === 'marketing';
  const unsubscribeUrl = isPromotion ? 'https://acme.example/unsubscribe/sub_1' : undefined;
  return render(sampleOf(type, locale), branding, { unsubscribeUrl });
}

function kindOf(type: EmailType): Pick<Email, 'kind'> {
  if (type.startsWith('order_')) return { kind: 'order' };
  return type.startsWith('approval_') ? { kind: 'approval' } : {};
}
