"""Bundled and pulled models."""
