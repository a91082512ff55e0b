"""Ways out of the room: transports to departments, narratives from intake, breakers."""
