"""The rules of intake: what is filed, joins or merges, how far a case is, who is told what."""
