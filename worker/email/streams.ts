import { EMAIL_RULES, type EmailType } from '../../workflows/domain/email-types.ts';

/** Mail that belongs to the contract, or mail that may be stopped: kept apart, so that one cannot spoil the other's name. */
export type Stream = (typeof EMAIL_RULES)[EmailType]['stream'];

export const streamOf = (type: EmailType): Stream => EMAIL_RULES[type].stream;
