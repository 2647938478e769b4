"""The teachers' pages: a file for each; ``pages`` puts them together."""
