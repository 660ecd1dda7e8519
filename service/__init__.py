"""Questions in, cited answers out: retrieve → answer → cite → verify → compare → respond.

Imports: ingest ← service.
"""
