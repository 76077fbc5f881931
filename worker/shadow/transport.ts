import type { Transport } from '../email/transport.ts';

/** Takes every message and keeps none. */
export const shadowTransport: Transport = {
  send: () => Promise.resolve('shadow'),
  close: () => undefined,
};
