"""`python -m dossier_training.factory` is `dossier-train`."""

from dossier_training.factory.cli import main

main()
