"""`seg2vid studio`: a page on this machine to draw a street and watch it move, and the same as an API."""
