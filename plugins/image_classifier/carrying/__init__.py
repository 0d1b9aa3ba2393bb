"""Heads that a session keeps, and the files that carry them away and back."""
