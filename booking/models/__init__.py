"""The tables: typed columns, keys and constraints, and no decisions."""
