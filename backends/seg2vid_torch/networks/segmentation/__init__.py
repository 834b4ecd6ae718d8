"""Networks of the labels stage, which tells the class of every pixel of a picture."""
