"""A module taken apart: one forward pass on the meta device, and everything counted."""
