"""Training on several processes: how they meet, share a batch, and end together."""
