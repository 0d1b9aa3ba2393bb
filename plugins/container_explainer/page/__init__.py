"""The page of this demo, a room for each of its sections; the scripts and the style beside them."""
