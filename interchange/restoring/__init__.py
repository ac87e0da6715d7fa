"""A firm that was exported, read back."""
