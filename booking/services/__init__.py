"""Use cases, a verb each: they take a Session and a Clock, flush, and never commit."""
