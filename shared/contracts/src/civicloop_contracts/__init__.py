"""The public contracts of Civicloop: topics, facts and their schemas."""
