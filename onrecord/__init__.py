"""The command line: what a person types → a library opened here, or the server that owns it → text or JSON."""
