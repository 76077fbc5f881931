import { Hono } from 'hono';
import * as z from 'zod';

import { HttpError } from '../shared/http.ts';
import type { Inventory } from '../shared/inventory.ts';
import { answerProblems, bodyAs, valid } from '../shared/problems.ts';

const PATH = '/api/inventory/:sku';

const sku = z.string().min(1).max(100);
const entry = z
  .strictObject({
    stock: z.int().min(0).max(1_000_000_000).exactOptional(),
    isBlocked: z.boolean().exactOptional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing that is changed');

/** What there is to be sold. What is never entered is sold without a limit. */
export function createInventoryApi(inventory: Inventory): Hono {
  const app = answerProblems(new Hono());

  app.get(PATH, async (context) => {
    const name = valid(sku, context.req.param('sku'));
    const found = await inventory.find(name);
    if (found === undefined) throw new HttpError(404, `${name} is not counted.`);
    return context.json(found);
  });

  app.put(PATH, async (context) => {
    const name = valid(sku, context.req.param('sku'));
    return context.json(await inventory.enter(name, await bodyAs(context, entry)));
  });

  return app;
}
