import type { JobView } from '../../workflows/domain/jobs.ts';
import { until } from '../until.ts';
import type { Scenario, Story } from './scenario.ts';

const PATH = '/api/orders';

/** The second order fails when everything is reserved and paid: what must not go out is blocked in the stock. */
export const orderSaga: Scenario = {
  title:
    'one order is delivered; another one cannot be, and is undone: recalled, refunded, released',
  async play(story) {
    const name = story.id.replace('sub_', '');
    const sku = `mug_${name}`;
    await enter(story, sku, { stock: 10 });
    story.about(`ord_${name}_1`);
    await place(story, sku, 2);
    await ends(story, 'confirmed');
    await story.expectEmails('order_confirmed');
    await holds(story, sku, 8);

    await enter(story, sku, { isBlocked: true });
    story.about(`ord_${name}_2`);
    await place(story, sku, 3);
    const { compensated } = await ends(story, 'failed');
    await story.expectEmails('order_failed');
    if (String(compensated) !== 'fulfil,charge,reserve') {
      throw new Error(`it was undone in the order ${String(compensated)}`);
    }
    await holds(story, sku, 8);
    const refunds = (await story.provider.refunds()).filter(
      ({ metadata }) => metadata['order'] === story.id,
    );
    if (refunds.length !== 1) throw new Error(`there are ${refunds.length} refunds`);
  },
};

async function enter(story: Story, sku: string, entry: object): Promise<void> {
  const { status, body } = await story.client.call('PUT', `/api/inventory/${sku}`, entry);
  if (status !== 200) throw new Error(`the stock was answered ${status} ${JSON.stringify(body)}`);
  story.incoming(Date.now(), 'stock by the API', `${sku} ${JSON.stringify(entry)}`);
}

async function place(story: Story, sku: string, quantity: number): Promise<void> {
  await story.client.postEvent('order.placed', story.id, {
    customer: { id: `cus_${story.id}`, email: 'ada@example.com', name: 'Ada' },
    lines: [{ sku, quantity, price: { amount: 1500, currency: 'usd' } }],
    paymentMethod: 'pm_card_visa',
  });
  story.incoming(Date.now(), 'order.placed', `${quantity} of ${sku}, card pm_card_visa`);
}

/** Nothing is held any more, and so much is there. */
async function holds({ client }: Story, sku: string, stock: number): Promise<void> {
  const { body } = await client.call<{ stock: number; held: number }>(
    'GET',
    `/api/inventory/${sku}`,
  );
  if (body.stock !== stock || body.held !== 0)
    throw new Error(`of ${sku}: ${JSON.stringify(body)}`);
}

/** Waits for the end and for the mail about it, and tells. */
async function ends(story: Story, status: string): Promise<JobView> {
  const found = await until(`${story.id}: ${status}`, async () => {
    const { status: code, body } = await story.client.call<JobView>('GET', `${PATH}/${story.id}`);
    const emails = await story.client.emails(story.id);
    return code === 200 && body.endedAt !== null && emails.length > 0 && body;
  });
  await story.tellJob(PATH);
  if (found.status !== status) throw new Error(`it has ended as ${found.status}`);
  return found;
}
