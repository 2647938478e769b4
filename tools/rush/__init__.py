"""The office and the schools at work at once: how long every page takes, quiet and while a plan is being solved."""
