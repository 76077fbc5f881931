import type { Happening } from './simulation.ts';

/** An answer of Stripe's API, and what the webhooks have to say about it. */
export interface Answer {
  status: 200 | 400 | 402 | 404;
  body: object;
  /** Of which subscriptions (by their ids) and what. */
  news?: { about: string[]; happenings: Happening[] };
}

/** The fields of a request, as `qs` reads them: every value is text. */
export type Form = Record<string, unknown>;

/** As it is now: what happens later does not change an answer that is given again. */
export const ok = (body: object): Answer => ({ status: 200, body: structuredClone(body) });

export const invalid = (message: string, more: { code?: string; param?: string } = {}): Answer => ({
  status: 400,
  body: { error: { type: 'invalid_request_error', message, ...more } },
});

export const missing = (what: string, id: string, param = 'id'): Answer => ({
  ...invalid(`No such ${what}: '${id}'`, { code: 'resource_missing', param }),
  status: param === 'id' ? 404 : 400,
});

/** Some declines are known by a code of their own. */
const OWN_CODES = new Set(['authentication_required', 'expired_card', 'processing_error']);

/** Why a card said no, as errors and payments carry it. */
export const declineError = (declineCode: string) => ({
  type: 'card_error',
  code: OWN_CODES.has(declineCode) ? declineCode : 'card_declined',
  decline_code: declineCode,
  message: 'Your card was declined.',
});

export const cardError = (declineCode: string, more: object = {}): Answer => ({
  status: 402,
  body: { error: { ...declineError(declineCode), ...more } },
});

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
