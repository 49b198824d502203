"""Where the image processor puts a page: fitted into the encoder's input, in its middle."""

from dataclasses import dataclass

from dossier_training import base_form
from dossier_training.base_form import BaseForm


@dataclass(frozen=True)
class Framing:
    """From points of an image, as shares of its width and height, to units of the encoder's input."""

    width: float
    height: float
    left: float
    top: float

    @staticmethod
    def of(width: int, height: int, form: BaseForm = base_form.PRESENT) -> "Framing":
        """The framing of an image of so many pixels."""
        scale = min(form.width / width, form.height / height)
        wide, high = width * scale, height * scale
        return Framing(wide, high, (form.width - wide) / 2, (form.height - high) / 2)

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """Where the encoder sees a point of the image."""
        return self.left + x * self.width, self.top + y * self.height

    def back(self, x: float, y: float) -> tuple[float, float]:
        """Which point of the image the encoder sees there."""
        return (x - self.left) / self.width, (y - self.top) / self.height
