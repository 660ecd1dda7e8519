"""Stored runs as one page that people look at, as Markdown and as JSON (read → judge → summarise → plot → page)."""
