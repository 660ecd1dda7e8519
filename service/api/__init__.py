"""The HTTP door: request → guard → route → pipeline → JSON bytes, or problem details."""
