"""Templates: what is in one of each kind, and how a thing is made of it."""
