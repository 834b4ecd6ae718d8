"""One command a file.

They import what is heavy (NumPy, PIL, pydantic, rich) inside their functions, so that `--help` stays quick.
Their paths have `readable=False`: what cannot be read is for the code that reads it to refuse, one input at a time.
"""
