"""Taking back what a revision did, as far as it can be. See docs/undo.md."""
