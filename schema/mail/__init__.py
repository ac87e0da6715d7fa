"""Mail to clients."""
