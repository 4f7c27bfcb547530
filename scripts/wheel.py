#!/usr/bin/env python3
"""Fetches, checks and unpacks the wheels that emlab stands on. Python's standard library only.

    wheel.py fetch NAME [--exact]           the wheel lies in .deps/downloads afterwards; prints its path
    wheel.py unpack WHEEL FOLDER PATTERN…   members that match (!PATTERN leaves out), each checked against RECORD

Versions and hashes are pinned in scripts/wheels.lock. `--exact` takes the public version only (torch 2.13.0, which is
PyPI's CUDA build), never a local build of it (2.13.0+cpu). A file that is wrong is removed, so running again mends it.
"""

import argparse
import base64
import csv
import fnmatch
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(ROOT, "scripts", "wheels.lock")
DOWNLOADS = os.path.join(ROOT, ".deps", "downloads")
SCRATCH = os.path.join(ROOT, ".deps", "tmp")

# Only the shared libraries inside matter, not the Python they were wrapped for: everybody gets the same file.
WHEEL_PYTHON = "3.11"


class Trouble(Exception):
    """What is wrong, where, and what to do."""


def say(text):
    print("setup: " + text, file=sys.stderr, flush=True)


def megabytes(size):
    return "%.0f MB" % (size / 1e6)


def locked(name):
    """The rows of wheels.lock for a name: the version, and {file: sha256}."""
    version, files = None, {}
    with open(LOCK, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words and not words[0].startswith("#") and words[0] == name:
                version, files[words[3]] = words[1], words[2]
    if version is None:
        raise Trouble("scripts/wheels.lock has no row for %r: add name, version, SHA-256 and file" % name)
    return version, files


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def fits(file, name, version, exact):
    """Whether a file name is a wheel of this package and version for this machine."""
    parts = file[: -len(".whl")].split("-") if file.endswith(".whl") else []
    if len(parts) < 5 or re.sub(r"[-_.]+", "-", parts[0]).lower() != name:
        return False
    public, _, local = parts[1].partition("+")
    if public != version or (exact and local):
        return False
    return parts[-1] == "any" or parts[-1].endswith("_" + platform.machine())


def pip_command():
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if shutil.which(command[0]):
            answer = subprocess.run(command + ["--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if answer.returncode == 0:
                return command
    raise Trouble("pip is missing: install python3-pip (apt-get install python3-pip), then run again")


def tags():
    """The platform that every machine of this architecture asks for, whatever its own Python is."""
    machine = platform.machine()
    chosen = ["--python-version", WHEEL_PYTHON, "--implementation", "cp"]
    for minor in range(28, 4, -1):
        chosen += ["--platform", "manylinux_2_%d_%s" % (minor, machine)]
    return chosen + ["--platform", "manylinux2014_" + machine]


def run_pip(arguments, folder, visible=False):
    """Exit status and error text. A download shows pip's own progress bar on a terminal."""
    environment = dict(os.environ, TMPDIR=folder, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    shown = visible and sys.stderr.isatty()
    command = pip_command() + arguments + ([] if shown else ["--quiet"])
    answer = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=2 if shown else subprocess.DEVNULL,
        stderr=subprocess.PIPE, universal_newlines=True)
    return answer.returncode, answer.stderr


def download(requirement, folder):
    """The path of the one wheel that pip brings for a requirement. pip itself checks the index's hash."""
    errors = ""
    # First the file that everybody gets; then, where an index has no such file, whatever suits this Python.
    for chosen in (tags(), []):
        status, errors = run_pip(
            ["download", "--no-deps", "--only-binary=:all:", "--dest", folder] + chosen + [requirement], folder, True)
        wheels = [file for file in os.listdir(folder) if file.endswith(".whl")]
        if status == 0 and len(wheels) == 1:
            return os.path.join(folder, wheels[0])
        if "No matching distribution" not in errors:
            break
    reasons = [line for line in errors.strip().splitlines() if line.startswith("ERROR")] or errors.strip().splitlines()
    raise Trouble(
        "pip could not fetch %s: %s. Check the network and pip's settings (pip config list) and run again, or put the "
        "wheel into .deps/downloads by hand" % (requirement, reasons[-1] if reasons else "it gave no reason"))


def index_hash(requirement, file, folder):
    """The SHA-256 that the index itself gives for a file, or None: a local folder gives none, nor does an old pip."""
    report = os.path.join(folder, "report.json")
    for chosen in (tags(), []):
        status, _ = run_pip(
            ["install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:", "--report", report,
             "--target", os.path.join(folder, "target")] + chosen + [requirement], folder)
        if status == 0:
            break
    try:
        with open(report, encoding="utf-8") as text:
            source = json.load(text)["install"][0]["download_info"]
        url = source["url"].split("#")[0]
        if not url.startswith("http") or url.rsplit("/", 1)[-1].replace("%2B", "+") != file:
            return None
        return source["archive_info"]["hashes"]["sha256"]
    except (OSError, ValueError, KeyError, IndexError):
        return None


def fetch(name, exact):
    version, files = locked(name)
    os.makedirs(DOWNLOADS, exist_ok=True)
    os.makedirs(SCRATCH, exist_ok=True)
    here = [file for file in os.listdir(DOWNLOADS) if fits(file, name, version, exact)]
    for file in sorted(here, key=lambda file: "+" not in file):  # a local build first: it is the smaller one
        path = os.path.join(DOWNLOADS, file)
        if (files.get(file) in (None, sha256(path))) and zipfile.is_zipfile(path):
            return path
        say("%s in .deps/downloads is not whole: fetched anew" % file)
        os.remove(path)

    say("fetching %s %s …" % (name, version))
    requirement = "%s%s%s" % (name, "===" if exact else "==", version)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        path = download(requirement, folder)
        file = os.path.basename(path)
        if file in files:
            check = "SHA-256 as pinned in scripts/wheels.lock"
            if sha256(path) != files[file]:
                raise Trouble(
                    "%s: its SHA-256 is %s, scripts/wheels.lock says %s. The index gave another file than the one "
                    "pinned: don't use it; check where pip looks (pip config list)" % (file, sha256(path), files[file]))
        else:
            given = index_hash(requirement, file, folder)
            if given is None:
                check = "from a source that gives no hash: each unpacked file is checked against the wheel's RECORD"
            elif given == sha256(path):
                check = "SHA-256 as the index gives"
            else:
                raise Trouble("%s: its SHA-256 is %s, the index says %s: run again" % (file, sha256(path), given))
        size = os.path.getsize(path)
        target = os.path.join(DOWNLOADS, file)
        os.replace(path, target)
    say("%s, %s, %s" % (file, megabytes(size), check))
    return target


def chosen_members(archive, patterns):
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return [
        item for item in archive.infolist()
        if not item.is_dir()
        and any(fnmatch.fnmatchcase(item.filename, pattern) for pattern in wanted)
        and not any(fnmatch.fnmatchcase(item.filename, pattern) for pattern in unwanted)
    ]


def record_of(archive):
    """RECORD as {path: (digest, size)}: the wheel's own list of what it holds."""
    name = next((name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", name)), None)
    if name is None:
        raise Trouble("it has no RECORD")
    rows = csv.reader(io.StringIO(archive.read(name).decode("utf-8")))
    record = {}
    for row in rows:
        if len(row) == 3 and row[1].startswith("sha256=") and row[2].isdigit():
            digest = row[1][len("sha256="):]
            record[row[0]] = (base64.urlsafe_b64decode(digest + "=" * (-len(digest) % 4)), int(row[2]))
    return record


def write_member(archive, item, expected, target):
    digest, size = hashlib.sha256(), 0
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with archive.open(item) as source, open(target, "wb") as file:
        for block in iter(lambda: source.read(1 << 20), b""):
            size += len(block)
            if size > expected[1]:
                raise Trouble("%s is longer than RECORD says" % item.filename)
            digest.update(block)
            file.write(block)
    if (digest.digest(), size) != expected:
        raise Trouble("%s is not what RECORD says" % item.filename)


def unpack(wheel, folder, patterns):
    """Writes into a folder that nobody reads yet; the caller renames it into place when everything is there."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            record = record_of(archive)
            members = chosen_members(archive, patterns)
            if not members:
                raise Trouble("it has no member like %s" % " ".join(patterns))
            os.makedirs(folder, exist_ok=True)
            need = sum(item.file_size for item in members)
            free = shutil.disk_usage(folder).free
            if need > free:
                sys.exit("setup: unpacking %s needs %s, %s are free: make room and run again" % (
                    os.path.basename(wheel), megabytes(need), megabytes(free)))
            for item in members:
                path = os.path.normpath(item.filename)
                if os.path.isabs(path) or path.startswith(".."):
                    raise Trouble("%s points outside" % item.filename)
                if item.filename not in record:
                    raise Trouble("%s is missing in RECORD" % item.filename)
                write_member(archive, item, record[item.filename], os.path.join(folder, path))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, Trouble) as problem:
        os.remove(wheel)
        raise Trouble("%s is damaged (%s) and was removed: run again" % (os.path.basename(wheel), problem))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch")
    fetching.add_argument("name")
    fetching.add_argument("--exact", action="store_true")
    unpacking = commands.add_parser("unpack")
    unpacking.add_argument("wheel")
    unpacking.add_argument("folder")
    unpacking.add_argument("patterns", nargs="+")
    arguments = parser.parse_args()
    try:
        if arguments.command == "fetch":
            print(fetch(arguments.name, arguments.exact))
        else:
            unpack(arguments.wheel, arguments.folder, arguments.patterns)
    except Trouble as problem:
        sys.exit("setup: %s" % problem)
    except OSError as problem:
        sys.exit("setup: %s: make room or mend the permissions, then run again" % problem)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
