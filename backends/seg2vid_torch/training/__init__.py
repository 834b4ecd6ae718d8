"""Training: one loop for both stages, which differ in what a step does."""
