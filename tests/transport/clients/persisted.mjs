// Asks the same query twice through Apollo Client's link for persisted queries, and prints what was sent and what came.
import { createHash } from 'node:crypto';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [uri, token, method, query] = process.argv.slice(2);
const sent = [];

function noted(address, options) {
  const text = options.method === 'GET' ? new URL(address).searchParams.get('query') : JSON.parse(options.body).query;
  sent.push([options.method, text ? 'text' : 'name']);
  return fetch(address, options);
}

const named = new PersistedQueryLink({
  sha256: (text) => createHash('sha256').update(text).digest('hex'),
  useGETForHashedQueries: method === 'GET',
});
const http = new HttpLink({ uri, fetch: noted, headers: { authorization: `Bearer ${token}` } });
const client = new ApolloClient({ cache: new InMemoryCache(), link: named.concat(http) });

for (let time = 0; time < 2; time += 1) {
  const { data } = await client.query({ query: gql(query), fetchPolicy: 'network-only' });
  console.log(JSON.stringify([data, sent.splice(0)]));
}
