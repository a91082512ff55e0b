"""Where facts and requests come in: translation, nothing else."""
