/** How GraphiQL asks: queries and mutations over HTTP, subscriptions over the websocket. */

import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';

import { post } from './api';
import { follow } from './live';
import { drop, lookAgain, token, tokenRefused } from './session';

export const fetcher: Fetcher = (asked, options) => {
  const operation = operationOf(asked);
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return follow(asked, operation) as never;
  return ask(asked, operation, options?.headers) as never;
};

async function ask(asked: FetcherParams, operation: OperationDefinitionNode | null, headers?: Record<string, string>) {
  const used = await token();
  let { answer } = await post(asked, used, headers);
  if (tokenRefused(answer) && !headers) {
    drop(used);
    ({ answer } = await post(asked, await token(), headers));
  }
  // It may have been about oneself.
  if (operation?.operation === OperationTypeNode.MUTATION) lookAgain().catch(() => {});
  return answer;
}

/** The operation that is meant; null where the document is not one, which the server explains. */
function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | null {
  try {
    return getOperationAST(parse(query), operationName) ?? null;
  } catch {
    return null;
  }
}
