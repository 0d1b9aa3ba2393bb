"""The networks that are written here, and every backbone by name."""
