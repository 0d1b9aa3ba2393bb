"""Teaching: a head fitted to features, a network tuned, and the record of it."""
