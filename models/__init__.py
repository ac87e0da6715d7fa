"""The domain: rows and their invariants, commands, rights, scope, the log. Knows no GraphQL, HTTP or Redis."""
