"""Label maps in the encodings that people have."""
