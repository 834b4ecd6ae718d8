"""The stages as the graphs that sessions run and exports write."""
