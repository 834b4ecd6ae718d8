"""The checkpoints that the authors of seg2vid and pix2pixHD published."""
