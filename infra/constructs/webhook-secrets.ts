import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/**
 * The secrets that sign webhooks. They are created with random values, which nobody's signature matches, and filled in by
 * hand: Stripe's with what its dashboard shows, a new one before the old one while rotating, separated by a comma.
 */
export class WebhookSecrets extends Construct {
  /** Tells the webhook function where they are. */
  readonly environment: Record<'STRIPE_WEBHOOK_SECRET_ARN' | 'WEBHOOK_SECRET_ARN', string>;
  readonly #secrets: readonly Secret[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stripe = this.#create('Stripe', "Signing secret of Stripe's webhook endpoint");
    const own = this.#create('Events', 'Standard Webhooks secret of /webhooks/events');
    this.environment = {
      STRIPE_WEBHOOK_SECRET_ARN: stripe.secretArn,
      WEBHOOK_SECRET_ARN: own.secretArn,
    };
    this.#secrets = [stripe, own];
  }

  grantRead(grantee: IGrantable): void {
    for (const secret of this.#secrets) secret.grantRead(grantee);
  }

  #create(id: string, description: string): Secret {
    const secret = new Secret(this, id, {
      description,
      // Letters and digits are valid base64, as Standard Webhooks demand.
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Who signs the webhooks makes the secret: it is rotated there and copied here.',
    });
    return secret;
  }
}
