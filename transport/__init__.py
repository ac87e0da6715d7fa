"""The wire: HTTP, Server-Sent Events and graphql-transport-ws. It knows nothing of the domain.

It talks to an `transport.engine.Engine`; `transport.routes.graphql_routes` is the way in.
"""
