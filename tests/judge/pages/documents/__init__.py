"""The five document types of five states that do not exist."""

from collections.abc import Callable
from random import Random

from pages.documents import drevania, maravel, nordhavn, ostrovar, thalassia
from pages.sheet import Sheet

# What lays out a page of the type.
ALL: dict[str, Callable[[Random], Sheet]] = {
    "maravel/passport/2022": maravel.passport,
    "drevania/id-card/2021": drevania.front,
    "thalassia/id-card-back/2019": thalassia.back,
    "ostrovar/driving-licence/2020": ostrovar.licence,
    "nordhavn/residence-permit/2023": nordhavn.permit,
}
