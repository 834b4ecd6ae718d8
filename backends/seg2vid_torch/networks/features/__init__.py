"""Networks in whose features sets of pictures and of clips are compared."""
