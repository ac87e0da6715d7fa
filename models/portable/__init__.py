"""A firm as it is taken elsewhere: what it is made of, how that is read, and how it is written again."""
