"""The document types: Utopia's three, drawn by hand, and those laid out in `states/`. The base never sees them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from dossier_training.document import Document
from dossier_training.document_types import driving_licence, id_card, passport
from dossier_training.document_types.declared import Kind, State, load_state
from dossier_training.document_types.drawing import draw

_FOLDER = Path(__file__).parent
STATES: dict[str, State] = {file.stem: load_state(file, _FOLDER / "declarations" / file.name) for file in sorted((_FOLDER / "states").glob("*.toml"))}
DECLARED: dict[str, tuple[State, Kind]] = {f"{state_id}/{name}": (state, kind) for state_id, state in STATES.items() for name, kind in state.documents.items()}
DOCUMENT_TYPES: dict[str, Callable[[np.random.Generator], Document]] = {
    "utopia/passport/2024": passport.document,
    "utopia/id-card/2023": id_card.document,
    "utopia/driving-licence/2022": driving_licence.document,
    **{name: partial(draw, state=state, kind=kind) for name, (state, kind) in DECLARED.items()},
}
