"""Where commands and facts come in: these modules translate, nothing else."""
