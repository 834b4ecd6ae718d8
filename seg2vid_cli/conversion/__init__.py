"""What label maps are read as, and their conversion."""
