import { Client, subscriptionExchange } from '@urql/core';
import { live, query, show, url, variables } from './following.mjs';

// What the page says.

const urql = new Client({ url, preferGetMethod: false, exchanges: [exchange] });
urql.subscription(query, variables).subscribe(({ data }) => show(data.boardChanges));
