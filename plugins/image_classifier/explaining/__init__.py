"""One photo named, and what its name rests on."""
