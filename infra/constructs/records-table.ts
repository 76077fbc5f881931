import { type CfnElement, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

import { INDEXES } from '../../workflows/domain/records.ts';

const string = (name: string) => ({ name, type: AttributeType.STRING });

/** The table of projections, timelines, e-mail ledger and tombstones, which cannot be had from elsewhere: kept and backed up. */
export class RecordsTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: string('pk'),
      sortKey: string('sk'),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      globalSecondaryIndexes: Object.values(INDEXES).map(({ name, partition, sort }) => ({
        indexName: name,
        partitionKey: string(partition),
        sortKey: string(sort),
      })),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Lets a function read the table and its indexes. */
  grantRead(fn: Function): void {
    this.table.grantReadData(fn);
    const id = Stack.of(this).getLogicalId(this.table.node.defaultChild as CfnElement);
    Validations.of(fn.role!).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${id}.Arn>/index/*]`,
      reason: 'The indexes of this one table.',
    });
  }

  /** Lets a function add a line to a timeline. */
  grantNote(fn: Function): void {
    this.table.grant(fn, 'dynamodb:PutItem');
  }
}
