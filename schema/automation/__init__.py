"""What happens to jobs by itself, as clients set it up and see it."""
