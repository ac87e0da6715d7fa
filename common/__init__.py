"""What any room may use. It uses none of them."""
