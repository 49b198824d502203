"""The next base: the architecture of the present one, more letters, a page of any size; it begins as the present one."""

from pathlib import Path

from safetensors.torch import load_file
from transformers import VisionEncoderDecoderModel

from dossier_training import vocabulary
from dossier_training.model import new_decoder, new_encoder
from dossier_training.typeset import letters


def new_reader(width: int, height: int) -> VisionEncoderDecoderModel:
    """A fresh model for pages of `width` x `height` pixels."""
    encoder = new_encoder()
    encoder.config.image_size = [height, width]
    encoder.embeddings.patch_embeddings.image_size = (height, width)
    decoder = new_decoder()
    decoder.resize_token_embeddings(letters.VOCABULARY_SIZE, mean_resizing=False)
    model = VisionEncoderDecoderModel(encoder=encoder, decoder=decoder)
    model.config.decoder_start_token_id = vocabulary.BOS_ID
    model.config.pad_token_id = vocabulary.PAD_ID
    model.config.eos_token_id = vocabulary.EOS_ID
    return model


def begin_as(model: VisionEncoderDecoderModel, folder: Path) -> None:
    """Takes the weights of an exported base; letters that it lacks keep what they have."""
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in weights:
            if "relative_position_index" in name or "embed_tokens" in name or "lm_head" in name:
                continue
            raise KeyError(f"{folder} lacks {name}")
        given = weights[name]
        if given.shape == tensor.shape:
            tensor.copy_(given)
        else:
            tensor[: len(vocabulary.TOKENS)].copy_(given[: len(vocabulary.TOKENS)])
    known = [n for n in weights if n not in own]
    if known:
        raise KeyError(f"{folder} has {known[:3]}, which the model lacks")
