"""The plugins that ``demo-app new`` copies: each a real one, which runs as it is."""
