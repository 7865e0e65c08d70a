"""How long whole processes take beside `python -c "import numpy"`: the median of paired ratios.

python tests/benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

EXAMPLE = (
    "explain --condition cerebral_palsy --age-years 2.5 --gmfm88 45 --cell-type msc --route intrathecal --infusions 4"
)
COMMANDS = {
    "import numpy": ["-c", "import numpy"],
    "predictor explain": ["-m", "predictor", *EXAMPLE.split()],
    "predictor --version": ["-m", "predictor", "--version"],
}


def seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(rounds: int = 15) -> None:
    times = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    for name in COMMANDS:
        ratio = statistics.median(a / b for a, b in zip(times[name], times["import numpy"], strict=True))
        print(f"{name:22} {statistics.median(times[name]) * 1000:6.0f} ms   {ratio:.2f} x import numpy")


if __name__ == "__main__":
    main()
