"""Label maps in the formats that people have."""
