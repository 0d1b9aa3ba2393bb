"""From files and zips to the tensors and features of photos."""
