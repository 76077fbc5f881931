/** What a check has found; `advice` is what to do about it. */
export interface Finding {
  level: 'ok' | 'warn' | 'error';
  /** What was looked at. */
  what: string;
  says: string;
  advice?: string;
}

/** Looks at one thing; what it throws is an error of its own. */
export interface Check {
  what: string;
  run: () => Promise<Finding[]>;
}

export const ok = (what: string, says: string): Finding => ({ level: 'ok', what, says });

export const warn = (what: string, says: string, advice: string): Finding => ({
  level: 'warn',
  what,
  says,
  advice,
});

export const error = (what: string, says: string, advice?: string): Finding => ({
  level: 'error',
  what,
  says,
  ...(advice !== undefined && { advice }),
});

/** Runs one check after the other; one that fails does not keep the others from looking. */
export async function examine(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { what, run } of checks) {
    try {
      findings.push(...(await run()));
    } catch (thrown) {
      findings.push(error(what, thrown instanceof Error ? thrown.message : String(thrown)));
    }
  }
  return findings;
}

/** For a terminal, a pipe or a log: the level is a word. */
export function describe(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ level, what, says, advice }) => [
    `${level.padEnd(5)}  ${what}: ${says}`,
    ...(advice === undefined ? [] : [`       → ${advice}`]),
  ]);
  return [...lines, `${plural(findings, 'error')}, ${plural(findings, 'warn', 'warning')}`];
}

function plural(findings: readonly Finding[], level: Finding['level'], word: string = level) {
  const count = findings.filter((finding) => finding.level === level).length;
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
