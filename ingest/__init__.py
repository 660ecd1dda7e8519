"""Articles in, a library out: load → clean → describe → split → embed → store (imports: prompts ← ingest)."""
