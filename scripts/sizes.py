"""Print how long functions and modules are, and how much test the source has."""

import ast
import math
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 5


def main() -> None:
    """Measure this repository."""
    source, tests = _read("src"), _read("tests")
    _print_functions(source)
    _print_modules(source)
    source_lines = sum(map(_count_lines, source.values()))
    test_lines = sum(map(_count_lines, tests.values()))
    ratio = test_lines / max(source_lines, 1)
    print(f"lines: {source_lines} source, {test_lines} test; {ratio:.2f} to one")


def _read(folder: str) -> dict[str, str]:
    """Map the modules of a folder to their texts."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def _print_functions(modules: dict[str, str]) -> None:
    functions = sorted(
        (length, f"{path}:{line} {name}")
        for path, text in modules.items()
        for name, line, length in _functions(text)
    )
    lengths = [length for length, _ in functions] or [0]
    median = statistics.median(lengths)
    p90 = lengths[math.ceil(0.9 * len(lengths)) - 1]
    print(f"functions: {len(functions)}; median {median:g} lines, 90 % at most {p90}:")
    _print_longest(functions)


def _functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, first line and length, docstring included, of each function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = node.end_lineno or node.lineno
            yield node.name, node.lineno, last - node.lineno + 1


def _print_modules(modules: dict[str, str]) -> None:
    sizes = sorted((len(text.splitlines()), path) for path, text in modules.items())
    print(f"modules: {len(sizes)}; the longest:")
    _print_longest(sizes)


def _print_longest(sizes: list[tuple[int, str]]) -> None:
    for length, name in reversed(sizes[-LONGEST:]):
        print(f"  {length:4} {name}")


def _count_lines(text: str) -> int:
    """Count the lines that are not blank."""
    return sum(bool(line.strip()) for line in text.splitlines())


if __name__ == "__main__":
    main()
