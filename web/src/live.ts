/** Subscriptions over our websocket, which go on after any loss from where they were. */

import { createClient, type Client } from 'graphql-ws';
import type { FetcherParams } from '@graphiql/toolkit';
import { Kind, type OperationDefinitionNode } from 'graphql';

import { API, type Answer } from './api';
import { drop, SignedOut, token } from './session';

const TOKEN_REFUSED = 4403;
const SECOND = 1_000;

let sent: string | undefined; // the token that the socket was opened with

/** One socket for all tabs of the editor. It is closed while nothing is subscribed to. */
const client: Client = createClient({
  url: API.replace(/^http/, 'ws'),
  connectionParams: async () => ({ authorization: `Bearer ${(sent = await token())}` }),
  retryAttempts: Infinity,
  // Random, and longer each time: when a server restarts, all of its clients come at once otherwise.
  retryWait: (tries) => new Promise((go) => setTimeout(go, Math.random() * Math.min(30, 2 ** tries) * SECOND)),
  shouldRetry: (why) => !(why instanceof SignedOut), // by default a refused connection is the end
  on: { closed: (event) => (event as CloseEvent).code === TOKEN_REFUSED && drop(sent) },
});

interface Observer {
  next(answer: Answer): void;
  error(why: unknown): void;
  complete(): void;
}

/** What GraphiQL takes for a subscription: something to subscribe to. */
export function follow({ query, operationName, variables }: FetcherParams, operation: OperationDefinitionNode) {
  return {
    subscribe(observer: Observer) {
      const cursor = { ...variables };
      const sink = {
        next(answer: Answer) {
          keepUp(cursor, operation, answer);
          observer.next(answer);
        },
        error: (why: unknown) => observer.error(plain(why)),
        complete: () => observer.complete(),
      };
      // It is sent anew after each reconnect, with the cursor as it is by then.
      return { unsubscribe: client.subscribe({ query, operationName, variables: cursor }, sink as never) };
    },
  };
}

/** Where the operation has variables for it, let them say how far it has come. */
function keepUp(cursor: Record<string, unknown>, operation: OperationDefinitionNode, answer: Answer): void {
  const [changes] = Object.values<any>(answer.data ?? {});
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    if (type.kind !== Kind.NAMED_TYPE) continue;
    if (name === 'after' && changes?.revision) cursor.after = changes.revision;
    if (name === 'epoch' && changes?.epoch) cursor.epoch = changes.epoch;
  }
}

/** Why it has ended, in words. */
function plain(why: unknown): unknown {
  if (!(why instanceof CloseEvent)) return why;
  return { message: `The websocket was closed: ${why.reason || 'no reason was given'}`, extensions: { code: why.code } };
}
