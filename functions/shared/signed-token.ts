import { createHmac, timingSafeEqual } from 'node:crypto';

const LONGEST = 2000;
const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** What the token of a link says, or undefined when none of the secrets has signed it for this purpose. */
export function readSigned(
  purpose: 'unsubscribe' | 'approve',
  token: string,
  secrets: readonly string[],
): unknown {
  const [, payload = '', signature = ''] = (token.length <= LONGEST && SHAPE.exec(token)) || [];
  const given = Buffer.from(signature);
  const isSigned = secrets.some((secret) => {
    const hmac = createHmac('sha256', secret).update(`${purpose}.${payload}`);
    const right = Buffer.from(hmac.digest('base64url'));
    return given.byteLength === right.byteLength && timingSafeEqual(given, right);
  });
  return isSigned ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined;
}
