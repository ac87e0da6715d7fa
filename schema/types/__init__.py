"""What a client sees: the types of things."""
