"""Where the bytes of files are: one store, in a folder or in S3."""
