"""The coordinator's console: a file for each page; ``pages`` puts them together."""
