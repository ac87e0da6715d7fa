// Opens boards with recipes of docs/clients.md, and does with each what it is told: a line of JSON, and one as its answer.
import { createInterface } from 'node:readline';
import { connect } from './connection.mjs';

const [url, token, id, ...names] = process.argv.slice(2);

// Nobody else comes back to the server of a test: it may be soon.
Math.random = () => 0.05;

// Until all is done and shown that waits for nothing but this program.
async function settled() {
  for (let turns = 0; turns < 20; turns++) await new Promise((go) => setTimeout(go));
}

// The network holds an answer until it is told to let go of it.
let held = null;
const { fetch } = globalThis;
globalThis.fetch = async (to, init) => {
  const response = await fetch(to, init);
  if (!held || !init.body.includes(held.what)) return response;
  const { come, until } = held;
  held = null;
  const body = await response.text();
  come();
  await until;
  return new Response(body, response);
};

class Board {
  constructor() {
    this.messages = null; // those that the network holds
  }

  async open(openBoard, name) {
    const session = { token: async () => token, drop() {}, signedIn: () => true };
    const { live, ...way } = connect(url, session);
    const subscribe = (request, sink) => {
      const next = (message) => (this.messages ? this.messages.push([sink, message]) : sink.next(message));
      return live.subscribe(request, { next, error: (why) => sink.error(why), complete: () => sink.complete() });
    };
    const ended = (why) => console.error(`${name} ended:`, why);
    this.recipe = await openBoard(id, { ...way, live: { ...live, subscribe } }, ended);
    return this;
  }

  shown() {
    return this.recipe.shown();
  }

  read() {
    return this.recipe.read();
  }

  stage(card) {
    return this.shown().stages.find(({ jobs }) => jobs.some(({ id }) => id === card));
  }

  card(id) {
    return this.stage(id)?.jobs.find((job) => job.id === id);
  }

  // Where a card is shown.
  place({ card }) {
    return [this.stage(card).id, this.card(card).position];
  }

  // To a stage, below a card of it or to its top.
  begin({ card, stage, above }) {
    const others = this.shown().stages.find(({ id }) => id === stage).jobs.filter(({ id }) => id !== card);
    const place = others.findIndex(({ id }) => id === above);
    return this.recipe.move(this.card(card), stage, others[place] ?? null, others[place + 1] ?? null);
  }

  // Where a card is shown before its move is answered and after it, and where the server says that it is.
  async move(asked) {
    await this.hold(asked);
    await settled();
    const before = this.place(asked);
    await this.release();
    const { job, errors } = await this.answer;
    return { before, after: this.place(asked), said: [job.stage.id, job.position], errors };
  }

  // Others work too, so it may be gone by now.
  async tryToMove(asked) {
    if (this.card(asked.card)) await this.begin(asked);
  }

  // Read the board, or move a card of it, and have the answer wait.
  async hold(asked) {
    const letGo = new Promise((go) => (this.letGo = go));
    const come = new Promise((go) => (held = { what: asked.card ? 'moveJob' : 'pipeline(', come: go, until: letGo }));
    this.answer = asked.card ? this.begin(asked) : this.read();
    await come;
  }

  async release() {
    this.letGo();
    await this.answer;
    await settled();
  }

  holdMessages() {
    this.messages = [];
  }

  messagesHeld() {
    return this.messages.filter(([, { data }]) => data.boardChanges.events.length).length;
  }

  // Let go of an answer first, and then of each message. Where a card is shown after each.
  async releaseMessages(asked) {
    this.letGo();
    // Who keeps no order has it soon. Who does waits for these messages, and for longer than this.
    await Promise.race([this.answer, new Promise((go) => setTimeout(go, 500))]);
    await settled();
    const [messages, places] = [this.messages, [this.place(asked)]];
    this.messages = null;
    for (const [sink, message] of messages) {
      sink.next(message);
      await settled();
      places.push(this.place(asked));
    }
    await this.answer;
    await settled();
    return [...places, this.place(asked)];
  }
}

const boards = {};
for (const name of names) {
  const { openBoard } = await import(`./${name}.mjs`);
  boards[name] = await new Board().open(openBoard, name);
}
console.log('open');
for await (const line of createInterface({ input: process.stdin })) {
  const { name, does, ...asked } = JSON.parse(line);
  console.log(JSON.stringify((await boards[name][does](asked)) ?? null));
}
// Closed, they keep nothing open: the program ends.
for (const { recipe } of Object.values(boards)) recipe.close();
