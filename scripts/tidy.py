#!/usr/bin/env python3
"""Checks the rules of STYLE.md that a program can check. Exit 0: clean, 1: findings, 2: nothing to check."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_MAX = 400
FORBIDDEN_NAMES = {"util", "utils", "common", "helper", "helpers", "misc", "base", "manager"}
SOURCE_SUFFIXES = {".cpp", ".hpp", ".sql", ".py", ".cmake", ".sh"}
# Built from parts, so that this file passes its own rules.
OPEN_MARKS = re.compile(r"\b(" + "TO" + "DO|FIX" + r"ME)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:work" + r"|root)/")
SHARED_VARIABLE = re.compile(
    r"^(?:\[\[[^\]]*\]\]\s*)?inline (?:constinit |constexpr |thread_local |const )*[^()=;{}]*?"
    r"\b(\w+)(?:\[\w*\])?\s*(?:=|\{|;)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SYSTEM_C_HEADERS = re.compile(r"^(sys/|linux/)?[a-z0-9_]+\.h$")
LISTED_ELSEWHERE = {pathlib.Path("tests/fuzz/replay.cpp")}
THIRD_PARTY_C = {"sqlite3.h", "xxhash.h", "zlib.h", "zstd.h", "simdjson.h"}


def files():
    """Returns the files that git knows or would take, relative to the root; without git, all."""
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if out.returncode == 0:
        names = (pathlib.Path(n) for n in out.stdout.split("\0") if n)
    else:
        names = (p.relative_to(ROOT) for p in ROOT.rglob("*"))
    return sorted(n for n in names
                  if n.parts[0] not in (".git", "build", "var") and (ROOT / n).is_file())


def check_name(path):
    parts = list(path.parts[:-1]) + [path.name.split(".")[0]]
    for part in parts:
        if part.lower() in FORBIDDEN_NAMES:
            yield f"{path}: the name '{part}' says nothing about the content"


def check_text(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if OPEN_MARKS.search(line):
            yield f"{path}:{number}: open work belongs into an issue"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: absolute path of one machine"


def check_includes(path, text):
    """A public header includes the standard library, ours, and GoogleTest in testing/ only."""
    for header in INCLUDE.findall(text):
        if header.startswith("eventcore/") or re.fullmatch(r"[a-z_]+", header):
            continue
        if "testing" in path.parts and header.startswith(("gtest/", "gmock/")):
            continue
        if SYSTEM_C_HEADERS.match(header) and header not in THIRD_PARTY_C:
            continue
        yield f"{path}: third-party header <{header}> in a public header"


def check_listed(path, lists):
    """A public header or a library source that no CMakeLists.txt names is not built or installed."""
    if path.parts[:2] == ("include", "eventcore"):
        name = "/".join(path.parts[2:])
        where = [text for folder, text in lists.items() if folder.parts[:1] == ("src",)]
    elif path.parts[0] in ("src", "tests") and path.suffix == ".cpp":
        name = path.name
        where = [text for folder, text in lists.items() if path.is_relative_to(folder)]
    else:
        return
    if not any(re.search(r"(?<![\w])" + re.escape(name) + r"(?![\w])", text) for text in where):
        yield f"{path}: not listed in a CMakeLists.txt"


def check_shared_variables(path, text, seen):
    """Two inline variables of one name and namespace are one, whatever their types: the linker merges
    them, also those of two libraries that know nothing of each other."""
    namespace = re.search(r"^namespace ([\w:]+)", text, re.MULTILINE)
    for name in SHARED_VARIABLE.findall(text):
        whole = f"{namespace[1] if namespace else ''}::{name}"
        if whole in seen:
            yield f"{path}: {whole} is also in {seen[whole]}"
        seen[whole] = path


def without_indentation(text):
    return re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)


def check_snippets(path, text, examples):
    """C++ in a document is cut from a program that is built and run; its indentation may differ."""
    for snippet in re.findall(r"^```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if not any("\n" + without_indentation(snippet) in example for example in examples):
            yield f"{path}: this code is not in examples/: {snippet.splitlines()[0]}"


def main():
    paths = files()
    if not paths:
        print("tidy: there are no files here", file=sys.stderr)
        return 2
    lists = {p.parent: (ROOT / p).read_text() for p in paths
             if p.name == "CMakeLists.txt" and len(p.parts) > 1}
    examples = [without_indentation((ROOT / p).read_text()) for p in paths
                if p.parts[0] == "examples" and p.suffix in (".cpp", ".hpp")]
    findings, warnings, variables = [], [], {}
    for path in paths:
        findings += check_name(path)
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        findings += check_text(path, text)
        if path.parts[:2] == ("include", "eventcore"):
            findings += check_includes(path, text)
        if path.suffix == ".hpp" and path.parts[0] in ("include", "src"):
            findings += check_shared_variables(path, text, variables)
        if path.suffix == ".md":
            findings += check_snippets(path, text, examples)
        if path not in LISTED_ELSEWHERE:
            findings += check_listed(path, lists)
        lines = text.count("\n")
        if lines > LINES_MAX and path.suffix in SOURCE_SUFFIXES:
            warnings.append(f"{path}: {lines} lines, more than {LINES_MAX}")
    for text in warnings:
        print(f"warning: {text}")
    for text in findings:
        print(text)
    if findings:
        print(f"tidy: {len(findings)} findings")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
