"""Training of dossier's base model and of its adapters: synthetic documents, base, LoRA, evaluation."""
