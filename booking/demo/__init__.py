"""The demo: a term that is always now, and the outside parties that an installation has and a fresh checkout lacks."""
