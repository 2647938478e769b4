"""One file per provider: its request, its answers, and which of them mean yes, no, later, or nobody knows."""
