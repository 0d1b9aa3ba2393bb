"""Studies of heads and photos: how good, how sure, how many, which way."""
