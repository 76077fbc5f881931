import type * as z from 'zod';

/** Where a message is wrong, and what; never the value, which may be personal. */
export const explain = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'the message'}: ${message}`).join('; ');
