"""From trained stages to a model folder."""
