"""What shells offer behind Tab."""
