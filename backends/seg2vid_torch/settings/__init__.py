"""The settings of the stages, read from presets and `--set`."""
