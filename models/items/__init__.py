"""Linked items: which kinds there are, and the steps that their commands share."""
