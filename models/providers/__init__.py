"""Payment providers: what they say of money, and how each of them is believed."""
