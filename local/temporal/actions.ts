import { setTimeout as sleep } from 'node:timers/promises';

/** Actions by type, as the server counts them for billing. */
export type Actions = Record<string, number>;

/** The server shows new counts once a second. */
const REPORTED_EVERY_MS = 1100;
const CLOCK_ACTIONS = /_UpdateWorkflowExecutionOptions$|^grpc_UpdateWorkflowExecutionOptions$/;

/** What the server has counted for a namespace, once its counts have stood still. */
export async function readActions(metricsUrl: string, namespace = 'default'): Promise<Actions> {
  for (let before = ''; ;) {
    const actions = await readOnce(metricsUrl, namespace);
    const now = JSON.stringify(actions);
    if (now === before) return actions;
    before = now;
    await sleep(REPORTED_EVERY_MS);
  }
}

async function readOnce(metricsUrl: string, namespace: string): Promise<Actions> {
  const text = await (await fetch(metricsUrl)).text();
  const actions: Actions = {};
  for (const line of text.split('\n')) {
    const type = /^action\{.*\baction_type="([^"]+)"/.exec(line)?.[1];
    if (type === undefined || !line.includes(`namespace="${namespace}"`)) continue;
    actions[type] = (actions[type] ?? 0) + Number(line.split(' ').at(-1));
  }
  return actions;
}

/** What came to `before` until `after`, without the hops of test clocks. */
export function actionsBetween(before: Actions, after: Actions): Actions {
  const types = Object.keys(after).filter((type) => !CLOCK_ACTIONS.test(type));
  const grown = types.map((type): [string, number] => [type, after[type]! - (before[type] ?? 0)]);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

export const total = (actions: Actions): number =>
  Object.values(actions).reduce((sum, count) => sum + count, 0);
