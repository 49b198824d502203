"""Finding documents in pictures: scenes with documents in them, and the small network that marks their corners."""
