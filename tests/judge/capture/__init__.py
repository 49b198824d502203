"""Ways of capture: `scan`, cropped and nearly straight, and `photo`, a page on a desk as people send it."""

from capture.picture import Captured
from capture.photo import photo
from capture.scan import scan

__all__ = ["LEVELS", "Captured"]
# What each level makes of a page; each asks for the page at the resolution it needs.
LEVELS = {"scan": scan, "photo": photo}
