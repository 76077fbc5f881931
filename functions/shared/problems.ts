import type { Context, Hono } from 'hono';
import type * as z from 'zod';

import { HttpError, problem } from './http.ts';
import { logger } from './observability.ts';

/** Makes an app answer every error as RFC 9457 problem details. */
export function answerProblems(app: Hono): Hono {
  app.onError((error) => {
    if (error instanceof HttpError) return respond(error.status, error.message);
    logger.error('request failed', error);
    return respond(500, 'Something went wrong here. It has been logged.');
  });
  app.notFound((context) => respond(404, `There is no ${context.req.path} here.`));
  return app;
}

function respond(status: number, detail: string): Response {
  const { body, headers } = problem(status, detail);
  return new Response(body as string, { status, headers: headers as Record<string, string> });
}

/** The body of a request as its schema has it; an empty one counts as `{}`. Throws an {@link HttpError} 422. */
export async function bodyAs<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await context.req.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(422, 'The body is not JSON.');
  }
  return valid(schema, value);
}

/** `value` as its schema has it. Throws an {@link HttpError} 422 that says where it is wrong, and what. */
export function valid<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HttpError(422, complaintsOf(parsed.error.issues).join('; '));
}

/** Where it is wrong, and what. What fits none of several shapes is judged by the one that it has in outline. */
function complaintsOf(issues: readonly z.core.$ZodIssue[], within: PropertyKey[] = []): string[] {
  return issues.flatMap((issue) => {
    const path = [...within, ...issue.path];
    const alike =
      issue.code === 'invalid_union'
        ? issue.errors.find((tried) => tried.every((each) => each.path.length > 0))
        : undefined;
    if (alike) return complaintsOf(alike, path);
    return path.length > 0 ? `${path.join('.')}: ${issue.message}` : issue.message;
  });
}
