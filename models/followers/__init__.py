"""Whoever follows the firms' logs: how far each has come, and what it still has to do.

See docs/decisions/0039-followers.md.
"""
