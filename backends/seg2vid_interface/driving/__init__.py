"""A camera that drives through a street, and what moves there by itself."""
