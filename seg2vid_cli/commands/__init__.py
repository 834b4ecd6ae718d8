"""One command a file.

They import what is heavy (NumPy, PIL, pydantic, rich) inside their functions, so that `--help` stays quick.
"""
