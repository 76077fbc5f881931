import { Hono } from 'hono';

import type { DeadLetters } from '../shared/dead-letters.ts';
import { HttpError } from '../shared/http.ts';
import { answerProblems } from '../shared/problems.ts';

interface Dependencies {
  deadLetters: DeadLetters;
}

/** What could not be applied, with the reason; a letter can be given back to the queue. */
export function createDeadLetterApi({ deadLetters }: Dependencies): Hono {
  const app = answerProblems(new Hono());

  app.get('/api/dead-letters', async (context) =>
    context.json({ items: await deadLetters.list() }),
  );

  app.post('/api/dead-letters/:messageId/redrive', async (context) => {
    const messageId = context.req.param('messageId');
    if (!(await deadLetters.redrive(messageId))) {
      throw new HttpError(404, `There is no dead letter ${messageId}.`);
    }
    return context.json({ redriven: messageId });
  });

  return app;
}
