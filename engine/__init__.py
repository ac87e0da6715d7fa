"""How an operation is executed: signed in, read, measured, validated, answered in bytes, kept live."""
