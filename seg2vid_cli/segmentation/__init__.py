"""`seg2vid segment` behind its flags: from pictures and videos to their label maps."""
