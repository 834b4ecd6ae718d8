"""pix2pixHD's networks: a first frame from label ids and instance edges (Wang et al., CVPR 2018)."""
