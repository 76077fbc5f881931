import { afterAll, beforeAll, expect, it } from 'vitest';

import { startEventBus, type EventBus } from '../../local/event-bus.ts';
import { Gateway } from '../../local/gateway.ts';
import { addLocalRoutes } from '../../local/routes.ts';

const gateway = new Gateway();
let bus: EventBus;
let url: string;
beforeAll(async () => {
  bus = await startEventBus();
  const emails = (of?: string) => [{ subscription: of ?? 'any' }] as never;
  const inbox = { emails } as never;
  addLocalRoutes(gateway, { inbox, bus }, {});
  url = `http://127.0.0.1:${await gateway.listen(5200)}`;
  gateway.isOpen = true;
});
afterAll(async () => {
  await gateway.close();
  await bus.close();
});

const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();

it('what was put on the bus is shown, of one subscription or of all', async () => {
  const Entries = ['sub_1', 'sub_2'].map((subject) => ({ Detail: JSON.stringify({ subject }) }));
  const headers = { 'x-amz-target': 'AWSEvents.PutEvents' };
  await fetch(bus.url, { method: 'POST', headers, body: JSON.stringify({ Entries }) });
  expect(await get('/api/events?subscription=sub_2')).toEqual([{ subject: 'sub_2' }]);
  expect(await get('/api/events')).toEqual([{ subject: 'sub_1' }, { subject: 'sub_2' }]);
});

it('the inbox is shown, of one subscription or of all', async () => {
  expect(await get('/api/emails?subscription=sub_1')).toEqual([{ subscription: 'sub_1' }]);
  expect(await get('/api/emails')).toEqual([{ subscription: 'any' }]);
});
