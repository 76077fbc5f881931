/** The ports of a server; all of them on the loopback interface. */
export interface ServerPorts {
  frontend: number;
  metrics: number;
  /** Two for each of the four services beside the frontend's own, and one for its HTTP door. */
  internal: number[];
}

/** Dynamic configuration that a test clock needs, and what makes each of its hops quick. */
export const DYNAMIC_CONFIG = {
  'frontend.WorkflowTimeSkippingEnabled': true,
  'history.timerProcessorMaxTimeShift': '20ms',
  'history.workflowIdReuseMinimalInterval': '0s',
  'system.forceSearchAttributesCacheRefreshOnRead': true,
} as const;

export const dynamicConfig = (): string =>
  Object.entries(DYNAMIC_CONFIG)
    .map(([key, value]) => `${key}:\n  - value: ${JSON.stringify(value)}\n`)
    .join('');

const service = (name: string, grpcPort: number | undefined, membershipPort: number | undefined) =>
  `  ${name}:\n    rpc: { grpcPort: ${grpcPort}, membershipPort: ${membershipPort}, bindOnLocalHost: true`;

/** The server's configuration: one process, SQLite in memory or in `database`, nothing reachable from outside. */
export function serverConfig(
  ports: ServerPorts,
  dynamicConfigFile: string,
  database?: string,
): string {
  const [frontendMembership, http, ...rest] = ports.internal;
  return `
log: { stdout: true, level: warn }
persistence:
  defaultStore: sqlite
  visibilityStore: sqlite
  numHistoryShards: 4
  datastores:
    sqlite:
      sql:
        pluginName: sqlite
        databaseName: ${JSON.stringify(database ?? 'memory')}
        connectAddr: localhost
        connectProtocol: tcp
        connectAttributes: ${database === undefined ? '{ mode: memory, cache: private }' : '{ cache: private, setup: "true", journal_mode: wal, synchronous: "1", busy_timeout: "5000" }'}
        maxConns: 1
        maxIdleConns: 1
        # Anything else closes the connection some day, and a database in memory with it.
        maxConnLifetime: 0s
global:
  membership: { maxJoinDuration: 30s, broadcastAddress: 127.0.0.1 }
  metrics:
    prometheus: { framework: tally, timerType: histogram, listenAddress: "127.0.0.1:${ports.metrics}" }
services:
${service('frontend', ports.frontend, frontendMembership)}, httpPort: ${http} }
${service('history', rest[0], rest[1])} }
${service('matching', rest[2], rest[3])} }
${service('worker', rest[4], rest[5])} }
clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active:
      enabled: true
      initialFailoverVersion: 1
      rpcName: frontend
      rpcAddress: "127.0.0.1:${ports.frontend}"
      httpAddress: "127.0.0.1:${http}"
dcRedirectionPolicy: { policy: noop }
dynamicConfigClient: { filepath: ${JSON.stringify(dynamicConfigFile)}, pollInterval: 60s }
`;
}
