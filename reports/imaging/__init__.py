"""Photos as bytes: looked at at the door, decoded in a fenced child. No models, no database."""
