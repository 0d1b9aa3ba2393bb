"""A photo through a network, and three operations from first principles."""
