"""How a message looks and leaves: the catalogue of kinds, the rendering, and one sender per provider."""
