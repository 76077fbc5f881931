import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type LogLevel,
} from '@temporalio/worker';

/** Makes every process log alike: one JSON object on a line, with the workflow id where there is one. */
export function installRuntime(level: LogLevel): void {
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: severity, timestampNanos, message, meta }) => {
      const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
      const line = { time, level: severity, message, ...meta };
      process.stdout.write(`${JSON.stringify(line, readable)}\n`);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}

/** Errors and big integers have no JSON of their own. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack }
    : value;
}
