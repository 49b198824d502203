"""The adapter factory: from a checked data set to an adapter that serves, for one document type or all."""

import os

# Bases are folders; a name must never be looked up elsewhere.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Threads that spin while they wait starve whatever else the machine does.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
