// Uses graphql-sse as an application would. Prints what it saw as lines of JSON.
import { createClient } from 'graphql-sse';

const [url, token, query] = process.argv.slice(2);
const tell = (value) => console.log(JSON.stringify(value));
let connections = 0;
const client = createClient({
  url,
  headers: () => ({ Authorization: `Bearer ${token}-${++connections}` }),
  retry: () => new Promise((resolve) => setTimeout(resolve, 20)),
  on: { connecting: (retrying) => tell({ connecting: retrying }) },
});
client.subscribe(
  { query },
  {
    next: (result) => tell({ next: result }),
    error: (error) => tell({ error: String(error) }),
    complete: () => tell({ complete: true }),
  },
);
