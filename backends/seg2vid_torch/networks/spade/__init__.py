"""The image stage's light generator and its discriminator."""
