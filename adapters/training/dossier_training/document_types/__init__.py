"""The document types: Utopia's three, drawn by hand, and those laid out in `states/`. The base never sees them.

Beside them, documents of any state that are read by their zone alone: no two of those look alike.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from dossier_training.document import Document
from dossier_training.document_types import driving_licence, id_card, passport
from dossier_training.document_types.declared import Kind, State, load_state
from dossier_training.document_types.drawing import draw
from dossier_training.documents import zone_document

_FOLDER = Path(__file__).parent
STATES: dict[str, State] = {file.stem: load_state(file, _FOLDER / "declarations" / file.name) for file in sorted((_FOLDER / "states").glob("*.toml"))}
DECLARED: dict[str, tuple[State, Kind]] = {f"{state_id}/{name}": (state, kind) for state_id, state in STATES.items() for name, kind in state.documents.items()}
DOCUMENT_TYPES: dict[str, Callable[[np.random.Generator], Document]] = {
    "utopia/passport/2024": passport.document,
    "utopia/id-card/2023": id_card.document,
    "utopia/driving-licence/2022": driving_licence.document,
    **{name: partial(draw, state=state, kind=kind) for name, (state, kind) in DECLARED.items()},
}
# What `typeset.zones` calls the zone of each.
_ZONES = {"icao/td1": "td1", "icao/td2": "td2", "icao/td3": "td3", "icao/mrv-a": "visa-a", "icao/mrv-b": "visa-b"}
ZONE_TYPES: dict[str, Callable[[np.random.Generator], Document]] = {name: partial(zone_document, kind=kind) for name, kind in _ZONES.items()}
GENERATED = {**DOCUMENT_TYPES, **ZONE_TYPES}
