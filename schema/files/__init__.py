"""What clients see of files. Their bytes do not go through GraphQL: docs/files.md."""
