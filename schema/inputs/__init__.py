"""What a client sends: the inputs of mutations, filters and sorts."""
