declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB server; not listening yet. `createTableMs` is how long a new table stays in CREATING. */
  export default function dynalite(options?: { createTableMs?: number; path?: string }): Server;
}
