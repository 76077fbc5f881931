import { withConnection } from '../../local/temporal/temporal.ts';
import { workflowId } from '../../workflows/domain/contract.ts';

/** A run of a subscription's workflow, from the history that the server keeps. */
export interface Run {
  runId: string;
  type: string;
  /** Size of what it was started with. */
  inputBytes: number;
  events: { bytes: number; type: number; isClockHop: boolean }[];
}

/** Every run of a subscription, or of another workflow, oldest first, with the size of each event on the wire. */
export async function runsOf(
  environment: Record<string, string>,
  id: string,
  workflow = workflowId(id),
): Promise<Run[]> {
  const { default: protocol } = await import('@temporalio/proto');
  const { HistoryEvent } = protocol.temporal.api.history.v1;
  return withConnection({ environment }, async ({ workflowService }) => {
    const namespace = environment['TEMPORAL_NAMESPACE'] ?? 'default';
    const runs: Run[] = [];
    let runId: string | undefined;
    const { firstRunId } = await first();
    for (runId = firstRunId; runId !== undefined;) {
      const history = await historyOf(runId);
      const { workflowType, input } = history[0]!.workflowExecutionStartedEventAttributes!;
      runs.push({
        runId,
        type: workflowType!.name!,
        inputBytes: input?.payloads?.[0]?.data?.length ?? 0,
        events: history.map((event) => ({
          bytes: HistoryEvent.encode(event).finish().length,
          type: Number(event.eventType),
          isClockHop: Boolean(
            event.workflowExecutionOptionsUpdatedEventAttributes ??
            event.workflowExecutionTimeSkippingTransitionedEventAttributes,
          ),
        })),
      });
      runId =
        history.at(-1)!.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ??
        undefined;
    }
    return runs;

    async function first() {
      const [newest] = await historyOf(undefined);
      const { firstExecutionRunId } = newest!.workflowExecutionStartedEventAttributes!;
      return { firstRunId: firstExecutionRunId! };
    }
    async function historyOf(run: string | undefined) {
      const execution = { workflowId: workflow, ...(run !== undefined && { runId: run }) };
      const { history } = await workflowService.getWorkflowExecutionHistory({
        namespace,
        execution,
      });
      return history!.events!;
    }
  });
}
