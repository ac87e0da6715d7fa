// Uses graphql-ws as an application would. Prints what it saw as lines of JSON; a line on stdin stops it.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, token, query] = process.argv.slice(2);
const tell = (value) => console.log(JSON.stringify(value));
let connections = 0;
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ Authorization: `Bearer ${token}-${++connections}` }),
  retryAttempts: 5,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  on: { closed: (event) => tell({ closed: event.code, reason: event.reason }) },
});
process.stdin.once('data', () => client.dispose());
client.subscribe(
  { query },
  {
    next: (result) => tell({ next: result }),
    error: (error) => {
      tell({ error: error.code ?? error });
      process.exit();
    },
    complete: () => {
      tell({ complete: true });
      process.exit();
    },
  },
);
