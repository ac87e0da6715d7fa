import { readFileSync } from 'node:fs';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { how, live, query, show, types, variables } from './following.mjs';

// What the page says.

const possibleTypes = types ? JSON.parse(readFileSync(types)) : undefined;
const apollo = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes }) });
const fetchPolicy = how === 'no-cache' ? how : undefined;
apollo.subscribe({ query: gql(query), variables, fetchPolicy }).subscribe(({ data }) => show(data.boardChanges));
