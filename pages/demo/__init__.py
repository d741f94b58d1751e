"""The demo city: two districts of an invented city, a year old, the same on every machine."""
