"""`seg2vid export` behind its flags."""
