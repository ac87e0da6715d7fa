"""What clients see: types of their own, each field of which was made for them."""
