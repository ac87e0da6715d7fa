"""Reminders: clients are written to again as long as they owe an answer."""
