const KEPT = 24;

/** 53 bits of a message's id in base 36: what is remembered of it in the carried state. */
export function fingerprint(id: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

/** Whether the message is among the last ones applied. */
export const wasSeen = (seen: readonly string[], id: string): boolean =>
  seen.includes(fingerprint(id));

/** `seen` with the message added; the oldest ones are forgotten. */
export const remember = (seen: readonly string[], id: string): string[] =>
  [...seen.filter((known) => known !== fingerprint(id)), fingerprint(id)].slice(-KEPT);
