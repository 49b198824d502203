"""A base of a production size with random weights, to measure with.

    python tests/peers/random_base.py --shape donut-base --out DIR

`donut-base` is Donut-base's own configuration, 202 million parameters; `production` has eight decoder layers, a
vocabulary of half the size and about 250 million; `miniature` is for trying a measurement out. Only the image is smaller than Donut's 2560 x 1920. The tokenizer is the shipped base's,
whose tokens are the first of the vocabulary.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from transformers import DonutSwinConfig, MBartConfig, VisionEncoderDecoderConfig, VisionEncoderDecoderModel

from beside_peft import image_processor

SHIPPED = Path(__file__).parents[2] / "adapters/base/dossier-small"
DONUT_ENCODER = {"embed_dim": 128, "depths": [2, 2, 14, 2], "num_heads": [4, 8, 16, 32], "window_size": 10}
DONUT_DECODER = {"d_model": 1024, "decoder_attention_heads": 16, "decoder_ffn_dim": 4096}
# Encoder and decoder.
SHAPES = {
    "donut-base": (DONUT_ENCODER, DONUT_DECODER | {"decoder_layers": 4, "vocab_size": 57525}),
    "production": (DONUT_ENCODER, DONUT_DECODER | {"decoder_layers": 8, "vocab_size": 40000}),
    "miniature": (
        {"embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4},
        {"d_model": 32, "decoder_attention_heads": 4, "decoder_ffn_dim": 64, "decoder_layers": 2, "vocab_size": 1000},
    ),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--shape", choices=SHAPES, required=True)
    arguments.add_argument("--height", type=int, default=320, help="pixels, a multiple of 32")
    arguments.add_argument("--width", type=int, default=480, help="pixels, a multiple of 32")
    arguments.add_argument("--dtype", choices=["float32", "bfloat16", "float16"], default="float32")
    arguments.add_argument("--out", type=Path, required=True)
    options = arguments.parse_args()

    torch.manual_seed(1)
    encoder, decoder = SHAPES[options.shape]
    encoder = DonutSwinConfig(image_size=[options.height, options.width], patch_size=4, **encoder)
    decoder = MBartConfig(max_position_embeddings=768, scale_embedding=True, **decoder)
    special = json.loads((SHIPPED / "generation_config.json").read_text())
    tokens = {name: special[name] for name in ("decoder_start_token_id", "pad_token_id", "eos_token_id")}
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder, **tokens)
    model = VisionEncoderDecoderModel(config=config).to(getattr(torch, options.dtype))
    model.generation_config.update(**tokens)
    model.save_pretrained(options.out)
    image_processor()(size={"height": options.height, "width": options.width}).save_pretrained(options.out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(SHIPPED / name, options.out)
    print(f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters")


if __name__ == "__main__":
    main()
