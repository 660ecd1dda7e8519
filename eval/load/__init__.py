"""A served library under load: unloaded → readers who think → readers who do not → too many → told to stop → tables."""
