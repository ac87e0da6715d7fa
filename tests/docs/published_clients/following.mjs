// What all programs share: each follows a board with a published client, as an application would, and prints each
// message as JSON.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { resuming } from './resuming.mjs';

export const [how, url, token, query, pipeline, after, epoch, types] = process.argv.slice(2);

globalThis.WebSocket = WebSocket; // as in browsers
const client = createClient({
  url,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  shouldRetry: () => true,
  retryAttempts: Infinity,
  retryWait: () => new Promise((go) => setTimeout(go, 20)),
});
export const live = how === 'plain' ? client : resuming(client);
export const variables = { pipelines: [pipeline], after, epoch };

export function show(changes) {
  console.log(JSON.stringify([changes.previous, changes.revision, changes.events]));
  variables.after = changes.revision; // which is of no use where the client has a copy
}
