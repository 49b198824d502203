"""What each kernel for GPUs takes of them (registers, spilled bytes, shared memory that it fixes itself), by ptxas,
against a committed table: what changes it is seen, and wanted.

It also compares the kernels' names with those that are launched. `--update` writes the table.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KERNELS = Path(__file__).parent.parent / "host/model/src/kernels/device"
TABLE = KERNELS / "resources.txt"
# Compiled once, for the oldest GPU that is served; ptxas makes of it what a driver would.
VIRTUAL = "compute_80"
GPUS = ("80", "90", "120")

PROPERTIES = re.compile(
    r"Compiling entry function '(?P<kernel>\w+)' for 'sm_\d+'"
    r".*?(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads"
    r".*?Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.DOTALL,
)


def run(*command: str) -> str:
    """What the command says; its failure ends this program."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def resources(source: Path, nvcc: str, ptxas: str, folder: Path) -> list[str]:
    """A line for each kernel of a file and each GPU."""
    ptx = folder / "kernels.ptx"
    run(nvcc, "--ptx", f"-arch={VIRTUAL}", "-std=c++17", "-O3", str(source), "-o", str(ptx))
    entries = set(re.findall(r"\.entry (\w+)", ptx.read_text()))
    launch = source.with_suffix(".rs").read_text()
    launched = set(re.findall(r'(?:name: |=> )"(\w+)"', launch))
    if entries != launched:
        sys.exit(f"{source}: its kernels are {sorted(entries)}, and those launched are {sorted(launched)}")
    lines = []
    for gpu in GPUS:
        told = run(ptxas, "-v", f"-arch=sm_{gpu}", str(ptx), "-o", str(folder / "kernels.cubin"))
        found = list(PROPERTIES.finditer(told))
        if {match["kernel"] for match in found} != entries:
            sys.exit(f"{source}: ptxas does not tell of every kernel: {told}")
        for match in found:
            shared = re.search(r"(\d+) bytes smem", match["rest"])
            lines.append(
                f"{match['kernel']} sm_{gpu}: {match['registers']} registers,"
                f" {int(match['stores']) + int(match['loads']) + int(match['stack'])} bytes spilled,"
                f" {shared[1] if shared else 0} bytes shared"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nvcc", required=True)
    parser.add_argument("--ptxas", required=True)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            line
            for source in sorted(KERNELS.glob("*.cu"))
            for line in resources(source, arguments.nvcc, arguments.ptxas, Path(folder))
        ]
    found = "".join(f"{line}\n" for line in sorted(lines))
    if arguments.update:
        TABLE.write_text(found)
    elif TABLE.read_text() != found:
        sys.exit(f"{TABLE} says:\n{TABLE.read_text()}\nptxas says (--update writes it):\n{found}")
    print(found, end="")


if __name__ == "__main__":
    main()
