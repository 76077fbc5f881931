import { describe, expect, it } from 'vitest';

import { SCENARIOS } from '../../local/scenarios/index.ts';
import { Story } from '../../local/scenarios/scenario.ts';
import { client, provider } from '../support/stack.ts';

const shared = Object.keys(SCENARIOS).filter((name) => !SCENARIOS[name]!.isAlone);

describe.each(shared)('the scenario %s', (name) => {
  it('ends as it is told, and tells its timeline', async () => {
    const lines: string[] = [];
    const story = new Story(client(), provider(), (line) => lines.push(line));
    await SCENARIOS[name]!.play(story);
    const emails = (await Promise.all(story.ids.map((id) => client().emails(id)))).flat();
    expect(lines.filter((line) => line.includes('e-mail '))).toHaveLength(emails.length);
    for (const line of lines) expect(line).toMatch(/^ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}(in|out| )/);
  });
});
