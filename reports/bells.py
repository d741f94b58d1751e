"""The tasks of this room by name, for wake(). The names are in the schedule of config.settings."""

PHOTOS = "reports.process_due_photos"
FOLLOW_UPS = "reports.do_due_follow_ups"
