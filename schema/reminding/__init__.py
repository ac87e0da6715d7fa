"""Reminders of what clients owe."""
