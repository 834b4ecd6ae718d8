"""The networks, one part per file, named as the papers name them."""
