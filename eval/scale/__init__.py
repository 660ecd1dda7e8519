"""How speed, memory and disk grow with a library: generate → ingesting → serving → tables and plots."""
