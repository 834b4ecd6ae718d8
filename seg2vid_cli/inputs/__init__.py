"""What clips are made from: label maps, first frames, instances."""
