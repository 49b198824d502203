"""Pixels of Donut's processor, bit for bit."""

import hashlib
from pathlib import Path

import numpy as np
from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil

import environment
import images

CASES = {
    "defaults": {"size": {"height": 48, "width": 64}},
    "width-first": {"size": [64, 48]},
    "one-number": {"size": 56},
    "align": {"size": {"height": 48, "width": 64}, "do_align_long_axis": True},
    "align-portrait": {"size": {"height": 96, "width": 40}, "do_align_long_axis": True},
    "bicubic": {"size": {"height": 50, "width": 70}, "resample": 3},
    "lanczos": {"size": {"height": 33, "width": 90}, "resample": 1},
    "nearest": {"size": {"height": 30, "width": 45}, "resample": 0},
    "box": {"size": {"height": 41, "width": 41}, "resample": 4},
    "hamming": {"size": {"height": 128, "width": 200}, "resample": 5},
    "imagenet": {
        "size": {"height": 40, "width": 60},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    },
    "no-normalize": {"size": {"height": 40, "width": 60}, "do_normalize": False},
    "no-rescale": {"size": {"height": 40, "width": 60}, "do_rescale": False},
    "other-scale": {"size": {"height": 40, "width": 60}, "rescale_factor": 0.01},
    "thumbnail-only": {"size": {"height": 256, "width": 256}, "do_resize": False},
    "resize-only": {"size": {"height": 32, "width": 40}, "do_thumbnail": False, "do_pad": False},
    "untouched": {
        "size": {"height": 256, "width": 256},
        "do_resize": False,
        "do_thumbnail": False,
        "do_pad": False,
    },
}


def write(folder: Path) -> None:
    images.write(folder / "images")
    cases = []
    for name, config in CASES.items():
        processor = DonutImageProcessorPil(**config)
        # What save_pretrained writes, and the short form a person would.
        saved = processor.to_dict()
        for image in images.SIZES:
            pixels = processor(images.read(folder / "images", image), return_tensors="np")
            pixels = np.ascontiguousarray(pixels["pixel_values"][0].astype("<f4"))
            flat = pixels.reshape(-1)
            places = np.linspace(0, flat.size - 1, 24).astype(int)
            cases.append(
                {
                    "name": name,
                    "config": config,
                    "saved_config": saved,
                    "image": image,
                    "shape": list(pixels.shape),
                    "sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
                    "samples": [[int(place), float(flat[place])] for place in places],
                }
            )
    environment.write_json(folder / "processor.json", cases)
