"""The `jobwire` command."""

from cli.entry import main

__all__ = ["main"]
