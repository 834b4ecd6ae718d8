"""Clips in tar files, as the WebDataset library reads them."""
