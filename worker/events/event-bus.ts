import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

import type { Listener } from './listener.ts';

const SOURCE = 'perennial';
const OPTIONS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

/** An event bus of EventBridge. One event a call: of several the first may fail and the second be taken. */
export function createEventBus(EventBusName: string): Listener {
  const client = new EventBridgeClient(OPTIONS);
  return {
    name: 'event-bus',
    wants: () => true,
    async tell(event, abortSignal) {
      const Entry = {
        EventBusName,
        Source: SOURCE,
        DetailType: event.type,
        Resources: [event.subject],
        Detail: JSON.stringify(event),
      };
      const command = new PutEventsCommand({ Entries: [Entry] });
      const { FailedEntryCount, Entries } = await client.send(command, { abortSignal });
      if (FailedEntryCount !== 0) {
        throw new Error(`EventBridge has not taken it: ${Entries?.[0]?.ErrorCode ?? 'no reason'}`);
      }
    },
  };
}
