"""Training: recipes, losses, steps, the loop and its checkpoints."""
