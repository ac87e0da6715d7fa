// Uses tus-js-client as an application would. Prints what it saw as lines of JSON.
import { Upload } from 'tus-js-client';

const [endpoint, token, size] = process.argv.slice(2);
const tell = (value) => console.log(JSON.stringify(value));
const data = Buffer.alloc(Number(size), (at) => at).map((_, at) => (at * 31) % 251);
const headers = { Authorization: `Bearer ${token}` };
const common = { endpoint, headers, chunkSize: 1_000_000, retryDelays: [20, 100, 500], metadata: { filename: 'Books.bin' } };

// The first one stops after three chunks, and another one goes on where it was.
const first = new Upload(data, {
  ...common,
  onError: (error) => tell({ error: String(error) }),
  onChunkComplete: async (_chunk, accepted) => {
    if (accepted < 3_000_000) return;
    await first.abort();
    tell({ stopped: accepted });
    goOn(first.url);
  },
});
first.start();

function goOn(uploadUrl) {
  const second = new Upload(data, {
    ...common,
    uploadUrl,
    onError: (error) => tell({ error: String(error) }),
    onSuccess: async () => {
      tell({ done: second.url });
      await giveUp();
    },
  });
  second.start();
}

// A third is begun, and given up.
async function giveUp() {
  const third = new Upload(data, {
    ...common,
    onError: (error) => tell({ error: String(error) }),
    onChunkComplete: async () => {
      await third.abort(true);
      tell({ givenUp: third.url });
    },
  });
  third.start();
}
