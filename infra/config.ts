import type { Node } from 'constructs';
import * as z from 'zod';

const CONTEXT = z.object({
  /** Host and port, as `namespace.account.tmprl.cloud:7233`. */
  temporalAddress: z.string().regex(/^[^\s:]+:\d+$/, 'is not a host and a port'),
  temporalNamespace: z.string().min(1),
  /** JSON; what every new subscription is to do otherwise than by default. */
  lifecyclePolicy: z.string().default('{}'),
  /** Invocations of the event consumer at the same time, at most. */
  consumerConcurrency: z.coerce.number().int().min(2).max(1000).default(10),
});

/** What is deployed, as `cdk.json` or `--context` say. */
export type InfraConfig = Readonly<z.output<typeof CONTEXT>>;

/** Reads the context, of which this is the only reader; throws an error that names what is missing or wrong. */
export function readConfig(node: Node): InfraConfig {
  const names = Object.keys(CONTEXT.shape);
  const given = Object.fromEntries(
    names.map((name) => [name, node.tryGetContext(name) as unknown]),
  );
  const parsed = CONTEXT.safeParse(given);
  if (!parsed.success) {
    throw new Error(`The context (cdk.json) is not right.\n${z.prettifyError(parsed.error)}`);
  }
  return Object.freeze(parsed.data);
}

/** Whether the address is still the one that `cdk.json` came with. */
export const isExample = ({ temporalAddress }: InfraConfig): boolean =>
  temporalAddress.startsWith('example.');
