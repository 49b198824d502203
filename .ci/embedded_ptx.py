"""Whether a driver takes the code for GPUs that a program carries.

    python3 .ci/embedded_ptx.py --program dossier --kernels OUT --ptxas PTXAS --newest 9.0 --gpus 80,90,100,120

The program carries PTX, which the driver compiles when a kernel is first used: no build shows whether it can. A driver
refuses PTX of a version newer than its own, and PTX for a newer or, where the target ends in `a`, another GPU. So of
each file of `--kernels`: its version is at most `--newest`, and the `ptxas` of that CUDA compiles it for each GPU; and
the program carries nothing but these files, as they are. First the check itself must refuse a file of a newer version.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = re.compile(rb"^\.version (\d+)\.(\d+)$", re.MULTILINE)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", type=Path, required=True)
    arguments.add_argument("--kernels", type=Path, nargs="+", required=True, help="folders of .ptx files that the build wrote")
    arguments.add_argument("--ptxas", type=Path, required=True)
    arguments.add_argument("--newest", required=True, help="version of PTX that the oldest driver takes")
    arguments.add_argument("--gpus", required=True, help="compute capabilities, separated by commas")
    options = arguments.parse_args()
    newest = tuple(int(part) for part in options.newest.split("."))
    gpus = options.gpus.split(",")

    files = []
    for folder in options.kernels:
        in_folder = sorted(folder.glob("*.ptx"))
        if not in_folder:
            sys.exit(f"{folder}: no .ptx file")
        files += in_folder
    doctored = VERSION.sub(b".version %d.%d" % (newest[0], newest[1] + 1), files[0].read_bytes())
    if not problems(doctored, newest, options.ptxas, gpus[:1]):
        sys.exit("this check takes a version that is too new: it can't tell anything")

    found = [f"{file.name}: {problem}" for file in files for problem in problems(file.read_bytes(), newest, options.ptxas, gpus)]
    found += unchecked(options.program.read_bytes(), files)
    for problem in found:
        print(problem)
    if found:
        sys.exit(1)
    print(f"{len(files)} modules of PTX, version {options.newest} at most, compile for {options.gpus}")


def problems(ptx: bytes, newest: tuple[int, ...], ptxas: Path, gpus: list[str]) -> list[str]:
    """Why a driver would refuse this file."""
    versions = VERSION.findall(ptx)
    if len(versions) != 1:
        return [f"{len(versions)} lines `.version`"]
    version = tuple(int(part) for part in versions[0])
    if version > newest:
        return [f"version {version}, drivers take {newest}"]
    found = []
    with tempfile.NamedTemporaryFile(suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        for gpu in gpus:
            # As the driver does at the first use; how fast the code is does not matter here.
            command = [ptxas, f"-arch=sm_{gpu}", "-O0", "--output-file", "/dev/null", file.name]
            compiled = subprocess.run(command, capture_output=True, text=True)
            if compiled.returncode != 0:
                found.append(f"sm_{gpu}: {compiled.stderr.strip()[:300]}")
    return found


def unchecked(program: bytes, files: list[Path]) -> list[str]:
    """What the program carries beside the files."""
    checked = sum(file.read_bytes() in program for file in files)
    carried = len(VERSION.findall(program))
    if checked == carried > 0:
        return []
    return [f"the program carries {carried} modules, of which {checked} are those of the build"]


if __name__ == "__main__":
    main()
