"""Mail to clients: the outbox that it waits in, and what becomes of it."""
