import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Connection } from '@temporalio/client';

import { freePorts } from '../ports.ts';
import { lastLines, type ManagedProcess, type Processes } from '../processes.ts';
import { Hopeless, until } from '../until.ts';
import { DYNAMIC_CONFIG, dynamicConfig, serverConfig, type ServerPorts } from './config.ts';
import type { ServerBinary } from './find.ts';
import { prepareNamespace } from './namespace.ts';

/** A server of ours. */
export interface RunningServer {
  address: string;
  namespace: string;
  /** Where it shows its Prometheus metrics. */
  metricsUrl: string;
  process: ManagedProcess;
}

interface ServerOptions {
  binary: ServerBinary;
  processes: Processes;
  /** For its configuration, and its database if it keeps one. */
  folder: string;
  /** Whether what it knows survives its end; in memory otherwise. */
  isPersistent?: boolean;
  /** The ports of an earlier run, to come back under the same address. */
  ports?: ServerPorts;
}

const NAMESPACE = 'default';

export const serverPorts = async (): Promise<ServerPorts> => {
  const [frontend, metrics, ...internal] = await freePorts(10);
  return { frontend: frontend!, metrics: metrics!, internal };
};

/** Starts a server and returns once its namespace and search attributes are ready. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { binary, processes, folder } = options;
  const ports = options.ports ?? (await serverPorts());
  mkdirSync(folder, { recursive: true });
  const process = processes.start({
    name: 'temporal',
    command: binary.path,
    args: binary.kind === 'cli' ? cliArguments(options, ports) : serverArguments(options, ports),
    cwd: folder,
  });
  const address = `127.0.0.1:${ports.frontend}`;
  const connection = await connect(address, process);
  try {
    await prepareNamespace(connection, NAMESPACE);
  } finally {
    await connection.close();
  }
  const metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
  return { address, namespace: NAMESPACE, metricsUrl, process };
}

function serverArguments({ folder, isPersistent }: ServerOptions, ports: ServerPorts): string[] {
  const dynamic = join(folder, 'dynamic.yaml');
  const config = join(folder, 'server.yaml');
  writeFileSync(dynamic, dynamicConfig());
  const database = isPersistent ? join(folder, 'temporal.sqlite') : undefined;
  writeFileSync(config, serverConfig(ports, dynamic, database));
  return ['--config-file', config, '--allow-no-auth', 'start'];
}

function cliArguments({ folder, isPersistent }: ServerOptions, ports: ServerPorts): string[] {
  return [
    'server',
    'start-dev',
    '--headless',
    '--log-level=warn',
    '--ip=127.0.0.1',
    `--port=${ports.frontend}`,
    `--metrics-port=${ports.metrics}`,
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
    ...(isPersistent ? ['--db-filename', join(folder, 'temporal.sqlite')] : []),
  ];
}

async function connect(address: string, process: ManagedProcess): Promise<Connection> {
  return until(
    'the start of the Temporal server',
    async () => {
      if (!process.isRunning) {
        throw new Hopeless(`the Temporal server ended at once:\n${lastLines(process)}`);
      }
      return Connection.connect({ address, connectTimeout: 1000 });
    },
    { ms: 60_000, every: 100 },
  );
}
