"""What if: a container changed, and what that does to the keys of its state dict."""
