import type { Hono } from 'hono';
import * as z from 'zod';

import type { BatchProgress } from '../../workflows/domain/batch.ts';
import type { BatchItems } from '../shared/batch-items.ts';
import { HttpError } from '../shared/http.ts';
import type { Jobs } from '../shared/jobs.ts';
import { valid } from '../shared/problems.ts';

interface Dependencies {
  jobs: Pick<Jobs, 'find'>;
  items: BatchItems;
}

/** A page of JSON is for programs, one of CSV for people, who want all of it; a response of a function has 6 MB at most. */
const LIMITS = { json: 100, csv: 5000 };

const query = z.object({
  format: z.enum(['json', 'csv']).default('json'),
  limit: z.coerce.number().int().min(1).max(5000).exactOptional(),
  cursor: z.string().exactOptional(),
});

/** What came of a batch: the counts, and every item that was not done with the reason. More pages follow by `link` or `nextCursor`. */
export function addBatchReport(app: Hono, { jobs, items }: Dependencies): Hono {
  app.get('/api/batches/:id/report', async (context) => {
    const id = context.req.param('id');
    const { format, cursor, ...wanted } = valid(query, context.req.query());
    const limit = wanted.limit ?? LIMITS[format];
    const found = await jobs.find('batch', id);
    if (found === undefined) throw new HttpError(404, `There is no batch ${id}.`);
    const { status, action, isDryRun, endedAt, ...view } = found;
    const { total, done, held, failed, skipped, left } = view as unknown as BatchProgress;
    const all = total ?? 0;
    const begun = status === 'cancelled' && endedAt !== null ? all - (left ?? 0) : all;
    const page = await items.page(id, { limit, cursor, begun, total: all });
    const { nextCursor } = page;
    if (format === 'json') {
      const counts = { total, done, held, failed, skipped, left };
      return context.json({ id, status, action, isDryRun, endedAt, ...counts, ...page });
    }
    const next = new URLSearchParams({ format, limit: String(limit), cursor: nextCursor ?? '' });
    const path = `/api/batches/${encodeURIComponent(id)}/report`;
    return context.body(csv(page.items.map(rowOf), cursor === undefined), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="batch-${id.replaceAll(/[^\w.-]/g, '_')}.csv"`,
      ...(nextCursor !== null && { link: `<${path}?${String(next)}>; rel="next"` }),
    });
  });
  return app;
}

const COLUMNS = ['subscription', 'outcome', 'reason', 'at'];

const rowOf = ({ subscription, outcome, reason, at = '' }: ItemsRow): string[] => [
  subscription,
  outcome,
  reason,
  at,
];

type ItemsRow = Awaited<ReturnType<BatchItems['page']>>['items'][number];

/** As RFC 4180 has it; the first page has the names of the columns. */
const csv = (rows: string[][], isFirst: boolean): string =>
  [...(isFirst ? [COLUMNS] : []), ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');

/** A spreadsheet would take some first characters for a formula. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
