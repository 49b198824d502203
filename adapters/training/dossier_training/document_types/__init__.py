"""The three shipped document types of Utopia. The base never sees them."""

from collections.abc import Callable

import numpy as np

from dossier_training.document_types import driving_licence, id_card, passport
from dossier_training.documents import Document

DOCUMENT_TYPES: dict[str, Callable[[np.random.Generator], Document]] = {
    "utopia/passport/2024": passport.document,
    "utopia/id-card/2023": id_card.document,
    "utopia/driving-licence/2022": driving_licence.document,
}
