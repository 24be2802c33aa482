"""A mebibyte of anything: `python -m tests.mistakes.large [WORD...]` measures `archspec validate` of each.

Listed are the processor time and the memory that each takes, those of `archspec --version` taken off; the exit code is
1 where one takes more than a second or 128 MiB, or ends in a traceback.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

M = 1 << 20
H = "archspec: 1\nname: a\ninput: [8, 8, 3]\n"
SECONDS, MEBIBYTES = 1.0, 128


def fill(head: str, unit: str | Callable[[int], str], tail: str = "", size: int = M) -> str:
    """A text of a size: the head, what a number makes or one text again and again, the tail."""
    pieces = [head]
    length, k = len(head) + len(tail), 0
    while length < size:
        pieces.append(unit if isinstance(unit, str) else unit(k))
        length, k = length + len(pieces[-1]), k + 1
    return "".join((*pieces, tail))


INPUTS: dict[str, Callable[[], str | bytes]] = {
    "random bytes": lambda: random.Random(0).randbytes(M),
    "random printable": lambda: bytes(random.Random(0).choices(range(32, 127), k=M)),
    "random ascii lines": lambda: bytes(
        random.Random(0).choices(list(range(32, 127)) + [10] * 5, k=M)
    ),
    "one long line": lambda: b"a" * M,
    "one long value": lambda: (H + "title: " + "x" * M).encode(),
    "one long quoted": lambda: (H + 'title: "' + "x" * M + '"').encode(),
    "block scalar": lambda: fill(H + "title: |\n", "  some text\n"),
    "open brackets": lambda: "[" * M,
    "open braces": lambda: "{" * M,
    "colons": lambda: ": " * (M // 2),
    "dashes": lambda: "- " * (M // 2),
    "dash lines": lambda: "-\n" * (M // 2),
    "questions": lambda: "? " * (M // 2),
    "anchors": lambda: fill(H + "rows:\n", lambda k: f"- &a{k} {{type: relu}}\n"),
    "aliases": lambda: fill(H + "rows:\n- &a {type: relu}\n", "- *a\n"),
    "anchors scalar": lambda: fill("", lambda k: f"&a{k} "),
    "laughs": lambda: (
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 20))
        + fill("", "# comment\n", size=M // 2)
    ),
    "keys": lambda: fill("", lambda k: f"k{k}: 1\n"),
    "same key": lambda: fill("", "k: 1\n"),
    "flow keys": lambda: fill("{", lambda k: f"k{k}: 1, ", "}"),
    "documents": lambda: fill("", "---\na: 1\n"),
    "list of scalars": lambda: fill("", "- 1\n"),
    "flow list": lambda: fill("[", "1, ", "1]"),
    "comments": lambda: fill("", "# comment\n"),
    "empty lines": lambda: "\n" * M,
    "spaces": lambda: " " * M,
    "tabs": lambda: "\t" * M,
    "nul": lambda: b"\0" * M,
    "crlf": lambda: b"\r\n" * (M // 2),
    "bom": lambda: b"\xef\xbb\xbf" * (M // 3),
    "tags": lambda: fill("", "- !!python/object/apply:os.system x\n"),
    "percent": lambda: "%" * M,
    "quotes": lambda: "'" * M,
    "dquotes": lambda: '"' * M,
    "stars": lambda: "*" * M,
    "amps": lambda: "&" * M,
    "bangs": lambda: "!" * M,
    "pipes": lambda: "|" * M,
    "backslash": lambda: '"' + "\\" * M,
    "wide chars": lambda: "\U0001f600" * (M // 4),
    "surrogate": lambda: b"\xed\xa0\x80" * (M // 3),
    "utf16": lambda: ("a: 1\n" * (M // 10)).encode("utf-16"),
    "keys without values": lambda: fill(
        "{" + ", ".join(f"k{k}: " for k in range(55_000)) + "}\n", "# comment\n", size=3 * M
    ),
    "keys between others": lambda: "{" + ", ".join(f"k{k}: 1, m{k}" for k in range(27_000)) + "}",
    "files in files": lambda: fill(H + "use:\n", "- resnet\n"),
    "bad rows": lambda: fill(H + "rows:\n", "  - {typ: relu}\n"),
    "bad types": lambda: fill(H + "rows:\n", "  - {type: rleu}\n"),
    "bad keys row": lambda: fill(H + "rows:\n", "  - {type: conv, kernl: 3, filers: 2}\n"),
    "bad refs": lambda: fill(H + "rows:\n", lambda k: f"  - {{type: relu, from: x{k}}}\n"),
    "bad exprs": lambda: fill(
        H + "rows:\n", lambda k: f"  - {{type: conv, kernel: 3, filters: y{k} + 1}}\n"
    ),
    "unknown names": lambda: fill(
        H + "vars: {" + ", ".join(f"v{i}: 1" for i in range(2000)) + "}\nrows:\n",
        lambda k: f"  - {{type: conv, kernel: 3, filters: w{k} + 1}}\n",
    ),
    "unknown labels": lambda: fill(
        H + "rows:\n", lambda k: f"  - {{type: relu, name: n{k}, from: m{k}}}\n"
    ),
    "duplicate labels": lambda: fill(H + "rows:\n", lambda k: "  - {type: relu, name: n}\n"),
    "good rows": lambda: fill(
        H + "rows:\n", lambda k: f"  - {{type: conv, name: c{k}, kernel: 1, filters: 8}}\n"
    ),
    "relu rows": lambda: fill(H + "rows:\n", "- {type: relu}\n"),
    "assert fails": lambda: fill(H + "rows:\n- {type: relu}\n", "- {assert: 1 > 2}\n"),
    "vars": lambda: fill(H + "vars:\n", lambda k: f"  v{k}: {k}\n", "rows: [{type: relu}]\n"),
    "lets": lambda: fill(H + "let:\n", lambda k: f"  v{k}: {k} + 1\n", "rows: [{type: relu}]\n"),
    "let fns": lambda: fill(
        H + "let:\n", lambda k: f"  v{k}(x): x + 1\n", "rows: [{type: relu}]\n"
    ),
    "blocks": lambda: fill(
        H + "blocks:\n", lambda k: f"  b{k}: {{rows: [{{type: relu}}]}}\n", "rows: [{type: relu}]\n"
    ),
    "used blocks": lambda: fill(
        H + "blocks:\n  b: {rows: [{type: relu}, {type: relu}, {type: relu}]}\nrows:\n",
        "- {type: b}\n",
    ),
    "variants": lambda: fill(
        H + "vars: {n: 1}\nrows: [{type: relu, repeat: n, name: q}]\nvariants:\n",
        lambda k: f"  v{k}: {{vars: {{n: {k % 50}}}}}\n",
    ),
    "expect": lambda: fill(
        H + "vars: {n: 1}\nrows: [{type: relu, repeat: n, name: q}]\nexpect:\n",
        lambda k: f"  - {{vars: {{n: {k % 50}}}, params: 0}}\n",
    ),
    "defaults": lambda: fill(
        H + "defaults:\n", lambda k: f"  conv{k}: {{kernel: 3}}\n", "rows: [{type: relu}]\n"
    ),
    "inputs": lambda: fill(
        "archspec: 1\nname: a\ninputs:\n",
        lambda k: f"  i{k}: [4]\n",
        "rows: [{type: relu, from: i1}]\n",
    ),
    "outputs": lambda: fill(
        H + "rows: [{type: relu, name: r}]\noutputs:\n", lambda k: f"  o{k}: r\n"
    ),
    "branches": lambda: fill(
        H + "rows:\n- name: p\n  merge: add\n  parallel:\n",
        lambda k: f"    b{k}: [{{type: relu}}]\n",
    ),
    "table rows": lambda: fill(
        H
        + "rows:\n- name: t\n  table:\n    columns: [a, b]\n    each: [{type: relu}]\n    rows:\n",
        lambda k: f"    - [{k}, 2]\n",
    ),
    "table columns": lambda: fill(
        H + "rows:\n- name: t\n  table:\n    each: [{type: relu}]\n    rows: [[1]]\n    columns:\n",
        lambda k: f"    - c{k}\n",
    ),
    "from list": lambda: fill(
        H + "rows:\n- {type: relu, name: r}\n- {type: concat, from: [", "r, ", "r]}\n"
    ),
    "long exprs": lambda: fill(
        H + "rows:\n",
        lambda k: "- {type: conv, kernel: 1, filters: " + "+".join(["1"] * 480) + "}\n",
    ),
    "edits": lambda: fill(
        "archspec: 1\nextends: mobilenet_v1\nname: a\nedits:\n",
        lambda k: f"- {{replace: x{k}, with: [{{type: relu}}]}}\n",
    ),
    "use": lambda: fill(
        "archspec: 1\nname: a\nuse:\n",
        lambda k: f"- b{k}\n",
    ),
    "nested flow": lambda: fill(H + "rows:\n", lambda k: "- " + "[" * 60 + "1" + "]" * 60 + "\n"),
    "deep indent": lambda: "".join(" " * k + "a:\n" for k in range(1400)),
    "deep dashes": lambda: "".join(" " * k + "-\n" for k in range(1400)),
    "nested groups": lambda: (
        H + "rows:\n" + "- {rows: [" * 30 + "{type: relu}" + "]}" * 30 + fill("\n", "# c\n")
    ),
    "shared": lambda: fill(
        H + "rows:\n- {type: conv, name: c, kernel: 1, filters: 3}\n",
        lambda k: f"- {{type: conv, name: d{k}, shares: c, kernel: 1, filters: 3}}\n",
    ),
}


def content(name: str) -> bytes:
    """An input as bytes."""
    given = INPUTS[name]()
    return given if isinstance(given, bytes) else given.encode()


def measured(*arguments: str) -> tuple[float, float, str]:
    """Seconds and mebibytes that a command takes, and what it writes on its standard error."""
    command = [sys.executable, "-m", "archspec", *arguments]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        said.seek(0)
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said.read()


def main(words: Sequence[str]) -> int:
    """Measure; the exit code is 1 if anything is wrong."""
    wrong = False
    seconds, memory, _ = measured("--version")
    with tempfile.TemporaryDirectory() as folder:
        for name in INPUTS:
            if words and not any(word in name for word in words):
                continue
            path = Path(folder, "large.yaml")
            path.write_bytes(content(name))
            took, used, said = measured("validate", str(path))
            took, used = took - seconds, used - memory
            bad = took > SECONDS or used > MEBIBYTES or "Traceback" in said or "fault" in said
            wrong = wrong or bad
            first = said.partition("\n")[0].replace(folder, "")[:90]
            print(
                f"{'WRONG ' if bad else ''}{name:22} {took:5.2f} s {used:6.1f} MiB  {first}",
                flush=True,
            )
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
