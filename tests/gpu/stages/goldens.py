"""The golden tests on the device: every kind of adapter, and mixed batches that read as each document alone."""

import os
import re
import subprocess

from .common import REPOSITORY, Day


def run(day: Day) -> None:
    tests = day.program.parent / "goldens"
    if not tests.exists():
        day.not_performed("no golden tests travelled with the program")
    environment = os.environ | {"DOSSIER_TEST_DEVICE": day.device, "DOSSIER_TEST_REPOSITORY": str(REPOSITORY)}
    command = [tests, "--nocapture", "--test-threads", "4"]
    # What they print is in the log, so that it is there when they don't end in time.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=REPOSITORY)
    failed = []
    worst = 0.0
    for line in process.stdout:
        print(line, end="", flush=True)
        if off := re.search(r"off by at most ([0-9.e+-]+)", line):
            worst = max(worst, float(off[1]))
        if test := re.match(r"test (\S+) \.\.\. FAILED", line):
            failed.append(test[1])
        if result := re.search(r"test result: \w+\. (\d+) passed; (\d+) failed", line):
            day.record("golden_tests", passed=int(result[1]), failed=int(result[2]), which=failed, worst_logit=worst)
    assert process.wait() == 0, f"failed on {day.device}: {failed}"
