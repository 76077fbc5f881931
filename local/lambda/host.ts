import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { ManagedProcess, Processes } from '../processes.ts';

/** A function as it is deployed. */
export interface FunctionOptions {
  name: string;
  /** File of the bundle; its export `handler` is called. */
  file: string;
  environment: Record<string, string>;
  timeoutMs: number;
  memoryMb: number;
  /** Sandboxes at most, each with one invocation at a time; further invocations wait. */
  concurrency: number;
}

interface Invocation {
  id: string;
  event: unknown;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

interface Sandbox {
  id: string;
  fn: LocalFunction;
  process: ManagedProcess;
  /** The sandbox's open question for its next invocation. */
  idle?: ServerResponse;
  current?: Invocation;
  timer?: NodeJS.Timeout;
}

const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));

/** Lambda's Runtime API for the sandboxes of all functions, each a process that is started when it is needed. */
export class LambdaHost {
  readonly #processes: Processes;
  readonly #server: Server;
  readonly sandboxes = new Map<string, Sandbox>();

  private constructor(processes: Processes) {
    this.#processes = processes;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  static async start(processes: Processes): Promise<LambdaHost> {
    const host = new LambdaHost(processes);
    await once(host.#server.listen(0, '127.0.0.1'), 'listening');
    return host;
  }

  deploy(options: FunctionOptions): LocalFunction {
    return new LocalFunction(this, options);
  }

  /** Starts one more sandbox of a function. */
  boot(fn: LocalFunction): void {
    const { name, file, environment, memoryMb } = fn.options;
    const id = randomUUID();
    const { port } = this.#server.address() as AddressInfo;
    const runtime = this.#processes.start({
      name: `lambda-${name}`,
      command: process.execPath,
      args: [RUNTIME],
      env: {
        ...environment,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}/${id}`,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        _HANDLER: `${file}#handler`,
      },
    });
    const sandbox: Sandbox = { id, fn, process: runtime };
    this.sandboxes.set(id, sandbox);
    void runtime.ended.then(() => this.#bury(sandbox));
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.sandboxes.values()].map(async (sandbox) => {
        clearTimeout(sandbox.timer);
        await sandbox.process.stop(2000);
      }),
    );
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #bury(sandbox: Sandbox): void {
    clearTimeout(sandbox.timer);
    this.sandboxes.delete(sandbox.id);
    sandbox.current?.reject(new Error(`the sandbox of ${sandbox.fn.options.name} has ended`));
    sandbox.fn.onSandboxEnded(sandbox.current === undefined && sandbox.idle === undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = '', , , kind, invocationId, what] = request.url!.split('/');
    const sandbox = this.sandboxes.get(id);
    if (sandbox === undefined) return void response.writeHead(404).end();
    if (kind === 'invocation' && invocationId === 'next') {
      sandbox.idle = response;
      return sandbox.fn.pump();
    }
    const body = (await buffer(request)).toString();
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    const { current } = sandbox;
    if (kind === 'init') return sandbox.fn.failNext(failure(body));
    if (current === undefined || current.id !== invocationId) return;
    delete sandbox.current;
    clearTimeout(sandbox.timer);
    if (what === 'response') current.resolve(JSON.parse(body));
    else current.reject(failure(body));
  }
}

/** One deployed function: invocations go to an idle sandbox, or to a new one, or wait. */
export class LocalFunction {
  readonly options: FunctionOptions;
  readonly #host: LambdaHost;
  readonly #queue: Invocation[] = [];
  #booting = 0;

  constructor(host: LambdaHost, options: FunctionOptions) {
    this.#host = host;
    this.options = options;
  }

  /** Resolves with what the handler returned; rejects when it threw, timed out or died. */
  invoke(event: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: randomUUID(), event, resolve, reject });
      this.pump();
    });
  }

  pump(): void {
    const own = [...this.#host.sandboxes.values()].filter(({ fn }) => fn === this);
    this.#booting = own.filter(({ idle, current }) => !idle && !current).length;
    for (const sandbox of own) {
      if (sandbox.idle && this.#queue.length > 0) this.#give(sandbox, this.#queue.shift()!);
    }
    const wanted = Math.min(this.#queue.length, this.options.concurrency - own.length);
    for (let i = this.#booting; i < wanted; i++) this.#host.boot(this);
  }

  failNext(error: Error): void {
    this.#queue.shift()?.reject(error);
  }

  onSandboxEnded(wasBooting: boolean): void {
    if (wasBooting) this.failNext(new Error(`${this.options.name} does not start: see its log`));
    if (this.#queue.length > 0) this.pump();
  }

  #give(sandbox: Sandbox, invocation: Invocation): void {
    const { name, timeoutMs } = this.options;
    const response = sandbox.idle!;
    delete sandbox.idle;
    sandbox.current = invocation;
    sandbox.timer = setTimeout(() => {
      invocation.reject(new Error(`${name}: task timed out after ${timeoutMs / 1000} seconds`));
      sandbox.process.kill('SIGKILL');
    }, timeoutMs);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': Date.now() + timeoutMs,
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:local:000000000000:function:${name}`,
    });
    response.end(JSON.stringify(invocation.event));
  }
}

function failure(body: string): Error {
  const { errorType, errorMessage } = JSON.parse(body) as Record<string, string>;
  return Object.assign(new Error(errorMessage), { name: errorType ?? 'Error' });
}
