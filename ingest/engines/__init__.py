"""The four engines behind `ingest.store.PassageIndex`; nothing else may import them, or what they wrap."""
