// Runs graphql-http's public conformance suite against the endpoint and prints every result as JSON.
// With a token, every request carries it.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const fetchFn = (where, options = {}) => {
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  return fetch(where, { ...options, headers: { ...options.headers, ...authorization } });
};
const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason });
}
console.log(JSON.stringify(results));
