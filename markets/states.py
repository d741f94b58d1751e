"""The ways in which a stall's code can be read without leading to a stall in use."""

from django.db import models


class ScanRefusal(models.TextChoices):
    UNKNOWN = "unknown"  # no such code, or mistyped
    REPLACED = "replaced"  # an old sticker; the stall itself is in use
    CLOSED = "closed"  # the stall was given up, or its market is
    MOVED = "moved"  # the stall stands elsewhere now
