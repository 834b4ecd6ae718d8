"""The proof that our networks compute what the published ones do: numbers measured on them, and ours beside them."""
