import * as z from 'zod';

import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';
import type { Request, RequestType } from '../../workflows/domain/requests.ts';
import type { Plan } from '../../workflows/domain/state.ts';
import { duration, emailAddress, futurePlan, instant, locale, quantity, zone } from './fields.ts';

const atPeriodEnd = z.boolean().exactOptional();
const reason = z.string().max(500).exactOptional();

/** The body of a change of plan: a whole plan, or the id of one of the provider's, which knows what it costs. */
export const changePlanBody = z.strictObject({
  plan: z.union([z.string().min(1).max(100), futurePlan], {
    error: 'is neither a plan, with id, price and interval, nor the id of one',
  }),
  quantity: quantity.exactOptional(),
  atPeriodEnd,
  prorateAt: instant.exactOptional(),
});

/** The path of each request and the schema of its body; the body is the request without its type. */
export const REQUEST_BODIES = {
  cancel: z.strictObject({ atPeriodEnd, at: instant.exactOptional(), reason }),
  uncancel: z.strictObject({}),
  pause: z.strictObject({ atPeriodEnd, until: instant.exactOptional() }),
  resume: z.strictObject({ anchor: z.enum(['now', 'unchanged']).exactOptional() }),
  change_plan: changePlanBody,
  cancel_plan_change: z.strictObject({}),
  change_quantity: z.strictObject({
    quantity,
    atPeriodEnd,
    prorateAt: instant.exactOptional(),
  }),
  extend_trial: z.strictObject({
    trialEnd: instant.exactOptional(),
    by: duration.exactOptional(),
  }),
  end_trial: z.strictObject({}),
  update_contact: z
    .strictObject({
      email: emailAddress.exactOptional(),
      name: z.string().max(200).exactOptional(),
      locale: locale.exactOptional(),
      timezone: zone.exactOptional(),
      marketing: z.boolean().exactOptional(),
    })
    .refine((body) => Object.keys(body).length > 0, 'names nothing that is updated'),
  resend_email: z.strictObject({ email: z.enum(EMAIL_TYPES) }),
} as const satisfies Record<RequestType, z.ZodType>;

/** `change_plan` → `change-plan`. */
export const pathOf = (type: RequestType): string => type.replaceAll('_', '-');

/**
 * A plan by its id alone is one of the provider's: what we know of the present one stands in until it answers, but for the
 * price, which nobody is to be told.
 */
export const asPlan = (wanted: string | Plan, present: Plan): Plan =>
  typeof wanted === 'string'
    ? { ...present, id: wanted, price: { ...present.price, amount: 0 } }
    : wanted;

/** The request that a body of its type stands for. */
export function asRequest(type: RequestType, body: object, present: Plan): Request {
  if (type !== 'change_plan') return { type, ...body } as Request;
  const { plan, ...rest } = body as z.output<typeof changePlanBody>;
  return { type, plan: asPlan(plan, present), ...rest };
}
