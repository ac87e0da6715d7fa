"""The bytes of files, up and down, beside the API: docs/files.md."""
