"""How it stays live: the bell on Redis, one hub a process, a stream a subscription."""
