"""`seg2vid evaluate` behind its flags: tables, files and a plot of what an evaluator found."""
