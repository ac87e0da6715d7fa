"""Answers as sheets: a table in CSV or XLSX, sent while it is made or from a file."""
