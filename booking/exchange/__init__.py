"""In and out of the outside world's formats."""
