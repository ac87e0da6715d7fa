"""An answer as a table: the one list of a query, walked to its end."""
