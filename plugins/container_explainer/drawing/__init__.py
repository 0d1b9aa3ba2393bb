"""The flow of data as a diagram."""
