"""Reports: what many rows add up to. Each is a module of what it is made of; models/reports/frame.py makes it."""
