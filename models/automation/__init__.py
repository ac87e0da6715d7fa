"""What happens to jobs by itself: automations and their runs."""
