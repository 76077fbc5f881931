import type { Connection } from '@temporalio/client';
import protocol from '@temporalio/proto';

import { SEARCH_ATTRIBUTES } from '../../workflows/domain/contract.ts';
import { until } from '../until.ts';

const { INDEXED_VALUE_TYPE_KEYWORD } = protocol.temporal.api.enums.v1.IndexedValueType;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const RETENTION_SECONDS = 3 * 86_400;

/** Makes the namespace and its search attributes, where they are missing, and waits until they can be used. */
export async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const { workflowService, operatorService } = connection;
  await until('the namespace', () =>
    workflowService.describeNamespace({ namespace }).catch(async (error: unknown) => {
      if (codeOf(error) !== NOT_FOUND) throw error;
      await workflowService
        .registerNamespace({
          namespace,
          workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as unknown as Long },
        })
        .catch(ignore(ALREADY_EXISTS));
      return undefined;
    }),
  );
  const names = Object.values(SEARCH_ATTRIBUTES);
  await until('the search attributes', async () => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = names.filter((name) => customAttributes[name] === undefined);
    if (missing.length === 0) return true;
    await addSearchAttributes(connection, namespace, missing);
    return false;
  });
}

/** Declares search attributes, all of them keywords; those that exist already are left as they are. */
export async function addSearchAttributes(
  { operatorService }: Connection,
  namespace: string,
  names: string[] = Object.values(SEARCH_ATTRIBUTES),
): Promise<void> {
  const searchAttributes = Object.fromEntries(
    names.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]),
  );
  await operatorService
    .addSearchAttributes({ namespace, searchAttributes })
    .catch(ignore(ALREADY_EXISTS));
}

const codeOf = (error: unknown): number | undefined => (error as { code?: number }).code;

const ignore = (code: number) => (error: unknown) => {
  if (codeOf(error) !== code) throw error;
};
