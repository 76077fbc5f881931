import type { Listener } from '../../worker/events/listener.ts';
import type { OutboundEvent } from '../../worker/events/outbound-event.ts';

/** How a listener fails: it takes no events, every second one, takes them and is not heard to, or never answers. */
export type Failure = 'away' | 'flaky' | 'mute' | 'stuck';

/** Somebody who remembers what they were told, also what came twice. */
export interface FakeListener extends Listener {
  readonly heard: OutboundEvent[];
  failure: Failure | undefined;
}

export function fakeListener(name: string, types?: string[]): FakeListener {
  let times = 0;
  const listener: FakeListener = {
    name,
    heard: [],
    failure: undefined,
    wants: (type) => types === undefined || types.includes(type),
    tell: (event) => {
      if (listener.failure === 'stuck') return new Promise(() => undefined);
      const isWell = !listener.failure || (listener.failure === 'flaky' && times++ % 2 === 0);
      if (isWell || listener.failure === 'mute') listener.heard.push(event);
      return isWell ? Promise.resolve() : Promise.reject(new Error('HTTP 503'));
    },
  };
  return listener;
}
