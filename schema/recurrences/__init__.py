"""Recurrences, as clients set them up and are shown what they make."""
