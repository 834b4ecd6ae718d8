"""Measuring quality: frames that a model makes, or ready ones, against those of a data set."""
