"""How good and how fast the answers are, in numbers with intervals (imports: service ← eval)."""
