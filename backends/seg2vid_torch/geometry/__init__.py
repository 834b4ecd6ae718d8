"""Depth from a street's label map, and how a driving camera sees it: what the teacher and the prior stand on."""
