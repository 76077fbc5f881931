import { expect, it } from 'vitest';

import { createListeners } from '../../worker/events/listeners.ts';

it('who is configured is told', () => {
  const webhook = { name: 'crm', url: 'https://crm.example/', secret: { list: [] } };
  const types = ['perennial.subscription.ended'];
  const listeners = createListeners({
    busName: 'perennial',
    webhooks: [webhook, { ...webhook, name: 'own', types }],
  });
  const wanting = (type: string) => listeners.filter(({ wants }) => wants(type)).map((l) => l.name);
  expect(wanting('perennial.subscription.ended')).toEqual([
    'event-bus',
    'webhook:crm',
    'webhook:own',
  ]);
  expect(wanting('perennial.subscription.renewed')).toEqual(['event-bus', 'webhook:crm']);
});

it('nobody is told where nobody is configured', () => {
  expect(createListeners({ webhooks: [] })).toEqual([]);
});
