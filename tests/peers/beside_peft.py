"""Documents a second, side by side: this host against transformers + PEFT, in one run.

    cargo build && python tests/peers/beside_peft.py --bench target/debug/dossier-bench --out tests/peers/beside_peft.json

The same weights, page, fields, steps, threads, device and type of numbers on both sides. They take turns, round by
round, so that whatever else the machine does meets both; where a GPU computes, both are timed until it has finished. Adapters are random; how many is what matters. PEFT's
mixed batch (`adapter_names`) raises on DonutSwin, whose window attention changes the length of the
batch, so 16 adapters are switched with `set_adapter`, document by document.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

# What the host calls them.
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
FIELDS = ["surname", "given_names", "document_number", "date_of_birth", "date_of_issue", "date_of_expiry", "place_of_birth", "authority"]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--bench", type=Path, required=True, help="the program built from this tree")
    arguments.add_argument("--base", type=Path, default=Path("adapters/base/dossier-small"))
    arguments.add_argument("--image", type=Path, default=Path("tests/fixtures/documents/utopia/passport/2024/1/page-1.png"))
    arguments.add_argument("--documents", type=int, default=16, help="documents in a batch")
    arguments.add_argument("--adapters", type=int, default=16)
    arguments.add_argument("--rank", type=int, default=8)
    arguments.add_argument("--fields", type=int, default=8)
    arguments.add_argument("--characters", type=int, default=24)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--device", default="cpu", help="cpu, cuda or cuda:1, for both sides")
    arguments.add_argument("--dtype", choices=PRECISIONS, default="float32", help="of weights and adapters, for both sides")
    arguments.add_argument("--tf32", action="store_true", help="let PyTorch round the inputs of float32 products on a GPU")
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)

    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(options)
        adapters = peer.add_adapters(Path(folder))
        kinds = {"base": [], "one_adapter": adapters[:1], f"{len(adapters)}_adapters": adapters}
        ours = {kind: [] for kind in [*kinds, "single_document"]}
        theirs = {kind: [] for kind in ours}
        for _ in range(options.rounds):
            for kind, used in kinds.items():
                ours[kind].append(host(options, used, options.documents))
                theirs[kind].append(peer.documents_per_second(used, options.documents))
            ours["single_document"].append(host(options, adapters[:1], 1))
            theirs["single_document"].append(peer.documents_per_second(adapters[:1], 1))

    work = ("documents", "rank", "fields", "characters", "threads", "rounds", "device", "dtype", "tf32")
    report = {
        "work": {key: getattr(options, key) for key in work} | {"base": str(options.base), "adapters": len(adapters)},
        "versions": peer.versions(),
        "peft_preparation_ms_a_page": round(1e3 * peer.preparation_seconds(options.documents), 2),
        "docs_per_s": {
            kind: {
                "dossier": round(statistics.median(ours[kind]), 2),
                "peft": round(statistics.median(theirs[kind]), 2),
                "ratio": round(statistics.median(a / b for a, b in zip(ours[kind], theirs[kind])), 2),
            }
            for kind in ours
        },
    }
    text = json.dumps(report, indent=1) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text)


def host(options: argparse.Namespace, adapters: list[Path], documents: int) -> float:
    """One measurement by the host, after one that does not count."""
    command = [options.bench, "documents", "--json", "--base", options.base, "--image", options.image]
    command += ["--documents", documents, "--batch", documents, "--rounds", 1, "--fields", options.fields, "--characters", options.characters]
    precision = PRECISIONS[options.dtype]
    command += ["--device", options.device, "--weight-precision", precision, "--adapter-precision", precision]
    for adapter in adapters:
        command += ["--adapter", adapter]
    answer = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["docs_per_s"][0]


class Peer:
    """transformers + PEFT."""

    def __init__(self, options: argparse.Namespace) -> None:
        import torch
        from PIL import Image
        from transformers import VisionEncoderDecoderModel

        self.torch, self.options = torch, options
        self.device, self.dtype = torch.device(options.device), getattr(torch, options.dtype)
        torch.backends.cuda.matmul.allow_tf32 = options.tf32
        torch.set_num_threads(options.threads)
        torch.manual_seed(1)
        self.model = VisionEncoderDecoderModel.from_pretrained(options.base, dtype=self.dtype).to(self.device).eval()
        self.processor = image_processor().from_pretrained(options.base)
        self.image = Image.open(options.image).convert("RGB")
        start = self.model.generation_config.decoder_start_token_id
        vocabulary = json.loads((options.base / "tokenizer.json").read_text())["model"]["vocab"]
        self.prompts = [[start, vocabulary[f"<s_{field}>"]] for field in FIELDS[: options.fields]]

    def add_adapters(self, folder: Path) -> list[Path]:
        """Random LoRA on the same layers as the shipped adapters, saved for the host."""
        from peft import LoraConfig, get_peft_model

        rank = self.options.rank
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=TARGETS, init_lora_weights=False)
        self.model = get_peft_model(self.model, config, adapter_name=adapter_name(0)).eval()
        for index in range(1, self.options.adapters):
            self.model.add_adapter(adapter_name(index), config)
        with self.torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if "lora_B" in name:
                    parameter.mul_(0.05)
        # PEFT keeps adapters in float32 beside a narrower base, and casts on every call.
        self.model.to(self.dtype)
        names = [adapter_name(index) for index in range(self.options.adapters)]
        self.model.save_pretrained(folder, selected_adapters=names)
        return [folder / name for name in names]

    def documents_per_second(self, adapters: list[Path], documents: int) -> float:
        self.read(adapters, documents)
        self.wait()
        started = time.perf_counter()
        self.read(adapters, documents)
        self.wait()
        return documents / (time.perf_counter() - started)

    def wait(self) -> None:
        """Until the device has done what it was given."""
        if self.device.type == "cuda":
            self.torch.cuda.synchronize(self.device)

    def preparation_seconds(self, documents: int) -> float:
        """From image to what the model takes, a page; it is part of every measurement."""
        started = time.perf_counter()
        self.prepare(documents)
        self.wait()
        return (time.perf_counter() - started) / documents

    def prepare(self, documents: int):
        pixels = self.processor([self.image] * documents, return_tensors="pt").pixel_values
        return pixels.to(self.device, self.dtype)

    def read(self, adapters: list[Path], documents: int) -> None:
        with self.torch.inference_mode():
            if not adapters:
                with self.model.disable_adapter():
                    self.batch(documents)
            elif len(adapters) == 1:
                self.model.set_adapter(adapter_name(0))
                self.batch(documents)
            else:
                for document in range(documents):
                    self.model.set_adapter(adapter_name(document % len(adapters)))
                    self.batch(1)

    def batch(self, documents: int) -> None:
        """Every field a decoder row, all rows of all documents at once: the work of the host."""
        pixels = self.prepare(documents)
        inner = self.model.get_base_model()
        states = inner.encoder(pixel_values=pixels)
        states.last_hidden_state = states.last_hidden_state.repeat_interleave(len(self.prompts), dim=0)
        prompts = self.torch.tensor(self.prompts * documents, device=self.device)
        steps = self.options.characters
        tokens = inner.generate(encoder_outputs=states, max_length=None, decoder_input_ids=prompts, do_sample=False, num_beams=1, min_new_tokens=steps, max_new_tokens=steps)
        assert tokens.shape == (documents * len(self.prompts), len(self.prompts[0]) + steps), tokens.shape

    def versions(self) -> dict[str, str]:
        import peft
        import transformers

        return {"torch": self.torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}


def image_processor():
    """The one that works on PIL's images; older versions of transformers have it under the plain name."""
    try:
        from transformers.models.donut.image_processing_pil_donut import DonutImageProcessorPil
    except ImportError:
        from transformers.models.donut.image_processing_donut import DonutImageProcessor as DonutImageProcessorPil
    return DonutImageProcessorPil


def adapter_name(index: int) -> str:
    """Not the bare number: when PEFT saves, it cuts the name out of the keys, `blocks.0` among them."""
    return f"adapter-{index}"


TARGETS = (
    r"encoder\.encoder\.layers\.\d+\.blocks\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)"
    r"|decoder\.model\.decoder\.layers\.\d+\.((self_attn|encoder_attn)\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2)"
)


if __name__ == "__main__":
    main()
