"""Other ways to allocate a term, to be measured against; nothing of the engine uses them."""
