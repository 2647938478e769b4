"""Celery: each task is a few lines around one service. Its messages are wake-ups; the outbox is the truth."""
