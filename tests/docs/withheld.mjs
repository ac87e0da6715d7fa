// Reads a board of which a right withholds fields, twice, with each published client, and says what an application gets.
import { readFileSync } from 'node:fs';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildSchema, introspectionFromSchema } from 'graphql';
import runtime from 'relay-runtime';
import budgetsQuery from './__generated__/withheldBudgetsQuery.graphql.js';

const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery } = runtime;
const [url, token, id, query] = process.argv.slice(2);

let requests = 0;
function asked(to, init) {
  requests++;
  return fetch(to, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
}
async function post({ text }, variables) {
  const headers = { 'Content-Type': 'application/json' };
  return (await asked(url, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) })).json();
}

// How many cards there are to show, and whether an error came with them.
const told = (data, error) => [data?.pipeline?.stages.flatMap(({ jobs }) => jobs).length ?? 0, Boolean(error)];

// What is told at first, what is told again, and how often the server was asked for that.
async function twice(read) {
  requests = 0;
  return [await read(), await read(), requests];
}

const apollo = (errorPolicy) => () => {
  const link = new HttpLink({ uri: url, fetch: asked });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return async (variables) => {
    try {
      const { data, error } = await client.query({ query: gql(query), variables, errorPolicy });
      return told(data, error);
    } catch (error) {
      return told(null, error);
    }
  };
};

const clients = {
  'apollo, none': apollo('none'),
  'apollo, all': apollo('all'),
  urql() {
    const schema = introspectionFromSchema(buildSchema(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')));
    const client = new Client({ url, fetch: asked, preferGetMethod: false, exchanges: [cacheExchange({ schema }), fetchExchange] });
    return async (variables) => {
      const { data, error } = await client.query(query, variables).toPromise();
      return told(data, error);
    };
  },
  relay() {
    const environment = new Environment({ network: Network.create(post), store: new Store(new RecordSource()) });
    return async (variables) => {
      environment.retain(createOperationDescriptor(budgetsQuery, variables));
      try {
        return told(await fetchQuery(environment, budgetsQuery, variables, { fetchPolicy: 'store-or-network' }).toPromise());
      } catch (error) {
        return told(null, error);
      }
    };
  },
};

const found = {};
for (const [name, make] of Object.entries(clients))
  for (const budgets of [true, false]) {
    const read = make();
    found[`${name}, ${budgets ? 'asked for' : 'left out'}`] = await twice(() => read({ id, budgets }));
  }
console.log(JSON.stringify(found));
