"""Training: one loop for all stages, which differ in what a step does."""
