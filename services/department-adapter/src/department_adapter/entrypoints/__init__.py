"""Where the outside comes in: topics, HTTP, due deliveries. They translate, nothing else."""
