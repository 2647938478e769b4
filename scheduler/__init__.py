"""The optimiser: allocates a term, proves, explains and repairs it; knows no web, no database and no queue."""
