"""The base model's architecture: DonutSwin encoder, mBART decoder, and how its weights begin.

Two departures from the classes' own initialisation, neither of which changes the checkpoint's form:
matrices start at 1/sqrt(fan in) instead of 0.02, which is far too small at these widths; and each
window-attention head starts as a tap on one neighbour, through its relative position bias, as a
convolution would (d'Ascoli et al. 2021, ConViT).
"""

import math

import torch
from torch import nn
from transformers import DonutSwinConfig, DonutSwinModel, MBartConfig, MBartForCausalLM, VisionEncoderDecoderModel

from dossier_training import base_form, vocabulary
from dossier_training.base_form import STRIDE_HEIGHT, STRIDE_WIDTH, BaseForm
from dossier_training.codes import index_code

# Where a head looks first, as (rows, columns) from its query; None looks around evenly.
_TAPS = {
    4: ((0, -1), (0, 1), (-1, 0), (1, 0)),
    8: ((0, -1), (0, 1), (-1, 0), (1, 0), (0, -2), (0, 2), (0, -4), None),
}


def encoder_config(form: BaseForm) -> DonutSwinConfig:
    """The encoder: 1.3 M parameters, two stages, patches of 8 x 4 pixels."""
    return DonutSwinConfig(
        image_size=[form.height, form.width],
        patch_size=[STRIDE_HEIGHT // 2, STRIDE_WIDTH // 2],
        embed_dim=64,
        depths=[2, 6],
        num_heads=[4, 8],
        window_size=8,
        mlp_ratio=4.0,
        drop_path_rate=0.0,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


def decoder_config(form: BaseForm) -> MBartConfig:
    """The decoder: 3 layers; position is the index in the value, since each field is a row of its own."""
    return MBartConfig(
        vocab_size=form.vocabulary.size,
        d_model=128,
        decoder_layers=3,
        encoder_layers=0,
        decoder_attention_heads=4,
        encoder_attention_heads=4,
        decoder_ffn_dim=512,
        encoder_ffn_dim=512,
        max_position_embeddings=128,
        is_decoder=True,
        is_encoder_decoder=False,
        add_cross_attention=True,
        scale_embedding=True,
        tie_word_embeddings=True,
        dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        pad_token_id=vocabulary.PAD_ID,
        bos_token_id=vocabulary.BOS_ID,
        eos_token_id=vocabulary.EOS_ID,
        forced_eos_token_id=None,
        decoder_start_token_id=vocabulary.BOS_ID,
    )


def _scale_matrices(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, (nn.Linear, nn.Conv2d)):
            fan_in = part.weight[0].numel()
            nn.init.trunc_normal_(part.weight, std=1 / math.sqrt(fan_in))


def _tap_neighbours(encoder: DonutSwinModel, sharpness: float = 0.6) -> None:
    for name, table in encoder.named_parameters():
        if not name.endswith("relative_position_bias_table"):
            continue
        window = encoder.config.window_size
        # Row index of the table is query minus key, so a key to the right has a negative column.
        steps = torch.arange(-(window - 1), window)
        rows, columns = torch.meshgrid(-steps, -steps, indexing="ij")
        for head, tap in enumerate(_TAPS[table.shape[1]]):
            if tap:
                distance = (rows - tap[0]).square() + (columns - tap[1]).square()
                table.data[:, head] = (-sharpness * distance).clamp(min=-4).flatten()


def new_encoder(form: BaseForm = base_form.PRESENT) -> DonutSwinModel:
    """A fresh encoder."""
    encoder = DonutSwinModel(encoder_config(form))
    _scale_matrices(encoder)
    _tap_neighbours(encoder)
    return encoder


def new_decoder(form: BaseForm = base_form.PRESENT) -> MBartForCausalLM:
    """A fresh decoder; eager attention, so that its cross-attention can be taught where to look."""
    decoder = MBartForCausalLM._from_config(decoder_config(form), attn_implementation="eager")
    _scale_matrices(decoder.model)
    nn.init.normal_(decoder.model.decoder.embed_tokens.weight, std=1 / math.sqrt(decoder.config.d_model))
    _code_positions(decoder)
    return decoder


def _code_positions(decoder: MBartForCausalLM) -> None:
    """Positions begin as the code of the index they ask for, which the encoder is taught to give each token."""
    table = decoder.model.decoder.embed_positions
    # Behind the start and the field token, position 1 asks for character 0.
    code = index_code(torch.arange(len(table.weight)) - table.offset - 1)
    spread = torch.nn.init.orthogonal_(torch.empty(table.embedding_dim, code.shape[1]))
    table.weight.data = code @ spread.T + 0.1 * torch.randn_like(table.weight)


def new_model(form: BaseForm = base_form.PRESENT, encoder: DonutSwinModel | None = None) -> VisionEncoderDecoderModel:
    """Encoder and decoder joined; `encoder` may come trained."""
    model = VisionEncoderDecoderModel(encoder=encoder or new_encoder(form), decoder=new_decoder(form))
    model.config.decoder_start_token_id = vocabulary.BOS_ID
    model.config.pad_token_id = vocabulary.PAD_ID
    model.config.eos_token_id = vocabulary.EOS_ID
    return model
