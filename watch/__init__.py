"""`jobwire watch`: a board in the terminal, drawn live from the public API. A client like any other."""
