"""Templates, as clients save them and make things of them."""
