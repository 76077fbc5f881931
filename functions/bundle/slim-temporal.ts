import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

import type { Plugin } from 'esbuild';

import { prune, type Root } from './prune-protocol.ts';

const require = createRequire(import.meta.url);
const client = require.resolve('@temporalio/client');
const near = createRequire(client);
const common = near.resolve('@temporalio/common');

/** Named by the client's source in `fetchHistory` only, and as large as all the rest. */
const HISTORY_TYPES = 'temporal.api.history.v1.History';

/**
 * Bundles the official Temporal client without what a function never runs: of the protocol only what `rpcs` reach, no gRPC
 * server, no loader of .proto files, one protobufjs. Nothing of the client's own code is changed.
 */
export const slimTemporal = (rpcs: readonly string[]): Plugin => ({
  name: 'slim-temporal',
  setup(build) {
    // The protocol's reflection data, 534 kB of JSON.
    build.onLoad(
      { filter: /@temporalio[\\/]proto[\\/]protos[\\/]json-module\.js$/ },
      ({ path }) => {
        const load = createRequire(path);
        const needed = namesInSource().filter(
          (name) => rpcs.includes('GetWorkflowExecutionHistory') || !name.startsWith(HISTORY_TYPES),
        );
        const { nested } = prune(load(path) as Root, rpcs, needed);
        const text = JSON.stringify(JSON.stringify(nested));
        return {
          resolveDir: dirname(path),
          contents: `
          const protobuf = require('protobufjs/light');
          const root = protobuf.roots.__temporal || (protobuf.roots.__temporal = new protobuf.Root());
          module.exports = root.addJSON(JSON.parse(${text}));`,
        };
      },
    );
    // Functions that walk over every payload of every message; a function needs those that the workflow client calls.
    build.onLoad(
      { filter: /@temporalio[\\/]proto[\\/]lib[\\/]payload-visitor\.generated\.js$/ },
      ({ path }) => ({
        contents: usedFunctions(
          readFileSync(path, 'utf8'),
          readFileSync(`${dirname(client)}/workflow-client.js`, 'utf8'),
        ),
      }),
    );
    // grpc-js asks for the loader in channelz and ORCA only, and for its server files never in a client.
    build.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path }) => ({ path, external: true }));
    build.onLoad(
      { filter: /@grpc[\\/]grpc-js[\\/]build[\\/]src[\\/](server|server-interceptors)\.js$/ },
      () => ({ contents: '' }),
    );
  },
});

/** Protocol names that the client's own source mentions, such as `proto_1.temporal.api.enums.v1.TaskQueueKind`. */
function namesInSource(): string[] {
  return [client, common].flatMap((main) => {
    const folder = dirname(main);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) =>
        [
          ...readFileSync(`${folder}/${file}`, 'utf8').matchAll(
            /\bproto(?:_1)?\.((?:[a-z]\w*\.)+[A-Z][\w.]*)/g,
          ),
        ].map(([, name]) => name!),
      );
  });
}

/** The functions of `library` that `user` names, with those that they name in turn. */
function usedFunctions(library: string, user: string): string {
  const functions = new Map(
    [...library.matchAll(/^(?:async )?function (\w+)\([\s\S]*?^}/gm)].map(([text, name]) => [
      name!,
      text,
    ]),
  );
  const used = new Set<string>();
  const follow = (source: string): void => {
    for (const [name] of source.matchAll(/\b\w+\b/g)) {
      const text = functions.get(name);
      if (text === undefined || used.has(name)) continue;
      used.add(name);
      follow(text);
    }
  };
  follow(user);
  return [...used].map((name) => `${functions.get(name)}\nexports.${name} = ${name};`).join('\n');
}
