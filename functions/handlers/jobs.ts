import { randomUUID } from 'node:crypto';

import { Hono } from 'hono';
import * as z from 'zod';

import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { jobWorkflowId, type JobKind, type JobView } from '../../workflows/domain/jobs.ts';
import { fromMs, type Instant } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID, type Envelope } from '../shared/envelope.ts';
import { HttpError } from '../shared/http.ts';
import { ownJobEnvelope } from '../shared/job-envelope.ts';
import { JOB_EVENTS } from '../shared/job-events.ts';
import type { Jobs } from '../shared/jobs.ts';
import { answerProblems, bodyAs, valid } from '../shared/problems.ts';
import type { Update } from '../shared/update.ts';

export interface JobDependencies {
  jobs: Jobs;
  queue: { send(envelope: Envelope): Promise<void> };
  update: Update;
  now?: () => Instant;
}

/** A kind of job over HTTP: where it is, which event begins one, and what may be asked of one that runs. */
export interface JobApi {
  kind: JobKind;
  path: string;
  begins: JobEvent['type'];
  /** Each is an update of its name (the body in, the answer is the job); `POST …/{id}/<name>`. */
  requests: Record<string, z.ZodType>;
}

const idempotencyKey = z.string().min(1).max(200).optional();
const jobId = z.string().regex(SUBSCRIPTION_ID, 'has letters, digits, _ . : and - only').optional();
const listQuery = z.object({
  status: z.string().max(40).exactOptional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().exactOptional(),
});

/**
 * Lists, shows, begins and steers the jobs of some kinds. To begin one is to send its event to the queue, as anybody may:
 * 202 with the id, which the caller may choose by `Idempotency-Key`.
 */
export function createJobApi(
  apis: readonly JobApi[],
  { jobs, queue, update, now = () => fromMs(Date.now()) }: JobDependencies,
): Hono {
  const app = answerProblems(new Hono());
  for (const { kind, path, begins, requests } of apis) {
    const existing = async (id: string): Promise<JobView> => {
      const found = await jobs.find(kind, id);
      if (found === undefined) throw new HttpError(404, `There is no ${kind} ${id}.`);
      return found;
    };

    app.get(path, async (context) =>
      context.json(await jobs.list(kind, valid(listQuery, context.req.query()))),
    );

    app.get(`${path}/:id`, async (context) =>
      context.json(await existing(context.req.param('id'))),
    );

    app.post(path, async (context) => {
      const key = valid(idempotencyKey.and(jobId), context.req.header('idempotency-key'));
      const id = key ?? `${kind}_${randomUUID().replaceAll('-', '')}`;
      const data = await bodyAs(context, JOB_EVENTS[begins].shape.data as z.ZodType<object>);
      const event = {
        id,
        source: '/api',
        type: begins,
        time: now(),
        subject: id,
        data,
      } as JobEvent;
      await queue.send(ownJobEnvelope(event, kind));
      return context.json({ id }, 202, { location: `${path}/${encodeURIComponent(id)}` });
    });

    for (const [name, schema] of Object.entries(requests)) {
      app.post(`${path}/:id/${name}`, async (context) => {
        const id = context.req.param('id');
        const request = (await bodyAs(context, schema)) as object;
        const key = valid(idempotencyKey, context.req.header('idempotency-key')) ?? randomUUID();
        const { endedAt, status } = await existing(id);
        if (endedAt !== null)
          throw new HttpError(409, `The ${kind} has already ended (${status}).`);
        await update({ subscription: id, workflow: jobWorkflowId(kind, id), name, request, key });
        return context.json(await existing(id));
      });
    }
  }
  return app;
}
