"""How results are written: under hidden names, and put in their places all at once or not at all.

`staging` is for sets of files and folders, `replacing` for one file, and `leftovers` puts right what a killed process
left behind; a run calls it for the folders that it writes to before it looks at what is there.
"""
