"""Invented news with questions, for what encyclopedias do not show: `eval` → nothing else imports it."""
