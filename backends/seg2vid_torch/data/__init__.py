"""Training data: real clips, and clips made from stills by moving a camera through them."""
