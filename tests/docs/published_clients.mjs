// Follows a board with a published client, as an application would, and prints each message as JSON.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { resuming } from './resuming.mjs';

const { Environment, Network, Observable, RecordSource, Store, requestSubscription } =
  createRequire(import.meta.url)('relay-runtime');

const [name, how, url, token, query, pipeline, after, epoch, types] = process.argv.slice(2);

globalThis.WebSocket = WebSocket; // as in browsers
const client = createClient({
  url,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  shouldRetry: () => true,
  retryAttempts: Infinity,
  retryWait: () => new Promise((go) => setTimeout(go, 20)),
});
const live = how === 'plain' ? client : resuming(client);

// What the page says.

const variables = { pipelines: [pipeline], after, epoch };

function show(changes) {
  console.log(JSON.stringify([changes.previous, changes.revision, changes.events]));
  variables.after = changes.revision; // which is of no use where the client has a copy
}

// As relay-compiler makes it of `subscription Changes(…) { boardChanges(…) { revision previous } }`.
const definitions = ['pipelines', 'after', 'epoch'].map((name) => ({ kind: 'LocalArgument', name, defaultValue: null }));
const args = definitions.map(({ name }) => ({ kind: 'Variable', name, variableName: name }));
const scalars = ['revision', 'previous'].map((name) => ({ kind: 'ScalarField', name, alias: null, args: null, storageKey: null }));
const selections = [
  { kind: 'LinkedField', name: 'boardChanges', alias: null, args, concreteType: 'Changes', plural: false, selections: scalars, storageKey: null },
];
const artifact = {
  kind: 'Request',
  fragment: { kind: 'Fragment', name: 'Changes', type: 'Subscription', metadata: null, abstractKey: null, argumentDefinitions: definitions, selections },
  operation: { kind: 'Operation', name: 'Changes', argumentDefinitions: definitions, selections },
  params: { id: null, cacheID: 'changes', name: 'Changes', operationKind: 'subscription', text: query, metadata: {} },
};

const follow = {
  apollo() {
    const possibleTypes = types ? JSON.parse(readFileSync(types)) : undefined;
    const apollo = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes }) });
    const fetchPolicy = how === 'no-cache' ? how : undefined;
    apollo.subscribe({ query: gql(query), variables, fetchPolicy }).subscribe(({ data }) => show(data.boardChanges));
  },
  urql() {
    const urql = new Client({ url, preferGetMethod: false, exchanges: [exchange] });
    urql.subscription(query, variables).subscribe(({ data }) => show(data.boardChanges));
  },
  relay() {
    const unused = () => Observable.create(() => {});
    const environment = new Environment({ network: Network.create(unused, subscribe), store: new Store(new RecordSource()) });
    const onNext = ({ boardChanges }) => show(boardChanges);
    requestSubscription(environment, { subscription: artifact, variables, onNext });
  },
};
follow[name]();
