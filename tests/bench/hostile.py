"""Times every reader on text that was made to be slow, and on as much dense text as it takes.

    uv run python -m tests.bench.hostile

Seconds of the processor, of one run each. Nothing is asserted.
"""

import time

from tests.support.hostile_texts import DENSE, HOSTILE, Reader, read


def seconds(reader: Reader, content: bytes) -> float:
    """Return the processor's seconds for one reading."""
    begun = time.process_time()
    read(reader, content)
    return time.process_time() - begun


def main() -> None:
    """Print the slowest reader of each text as a Markdown table."""
    print("| text | KiB | slowest reader | s | of all readers, s |\n|---|--:|---|--:|--:|")
    for shape, (readers, content) in {**DENSE, **HOSTILE}.items():
        times = {name: seconds(reader, content) for name, reader in readers.items()}
        slowest = max(times, key=lambda name: times[name])
        size = len(content) // 1024
        print(f"| {shape} | {size} | {slowest} | {times[slowest]:.2f} | {sum(times.values()):.2f} |", flush=True)


if __name__ == "__main__":
    main()
