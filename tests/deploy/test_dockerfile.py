"""The image is made of what was locked, runs as nobody in particular, and holds nothing that is not named."""

from __future__ import annotations

import json
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from blocks.settings import ROOT
from tests.deploy.dockerfile import Instruction, instructions, stages
from tests.project.test_packaging import PROJECT, locked, name_of

FILE = ROOT / "deploy" / "Dockerfile"
START = ROOT / "deploy" / "start.sh"
LAST = stages(FILE)[-1]
# A version in full, or the digest itself.
PINNED = re.compile(r"[a-z][a-z0-9/.-]*(:\d+\.\d+\.\d+[a-z0-9.-]*|@sha256:[0-9a-f]{64})")


def of(name: str, among: list[Instruction]) -> list[str]:
    return [one.rest for one in among if one.name == name]


def test_every_image_that_it_begins_with_is_one_version() -> None:
    begun = [one.split(" AS ")[0] for one in of("FROM", instructions(FILE))]
    assert len(begun) > 1
    assert [one for one in begun if not PINNED.fullmatch(one)] == []


def test_python_is_one_that_rekey_runs_on() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert {".".join(one.split(":")[1].split(".")[:2]) for one in of("FROM", instructions(FILE))} <= set(promised)


def test_nothing_is_fetched_but_what_the_lock_names_with_a_hash() -> None:
    assert of("ADD", instructions(FILE)) == []
    run = of("RUN", instructions(FILE))
    assert [one for one in run if re.search(r"https?://|\bcurl\b|\bwget\b|\bapt\b|apt-get", one)] == []
    installing = [one for one in run if "pip install" in one]
    assert len(installing) == 2
    for one in installing:
        assert "--no-deps" in one
        assert "--require-hashes -r requirements-production.lock" in one or one.endswith("--no-build-isolation -e .")


def test_whoever_runs_is_not_root_and_cannot_change_the_code() -> None:
    assert of("USER", LAST) == ["10001:10001"]
    names = [one.name for one in LAST]
    assert {"RUN", "COPY"} & set(names[names.index("USER") :]) == set()
    assert of("COPY", LAST) == ["--from=environment /rekey /rekey"]
    assert not any("chown" in one for one in of("RUN", LAST))


def test_signals_reach_the_program_itself() -> None:
    """In the form of a shell the shell would get them, and a worker would be killed without a word."""
    for name in ("ENTRYPOINT", "CMD"):
        (written,) = of(name, LAST)
        assert all(isinstance(word, str) for word in json.loads(written))
    assert START.read_text().rstrip().endswith('exec "$@"')


def test_no_secret_is_a_part_of_it() -> None:
    assert of("ARG", instructions(FILE)) == []
    names = re.findall(r"([A-Z_]+)=", " ".join(of("ENV", instructions(FILE))))
    assert names
    assert [one for one in names if re.search("KEY|TOKEN|SECRET|PASSWORD|AUTH", one)] == []


def test_a_container_says_itself_how_it_is_asked() -> None:
    assert of("HEALTHCHECK", instructions(FILE)) == []
    assert "# No HEALTHCHECK: " in FILE.read_text()


def let_in() -> tuple[list[str], list[str]]:
    """What .dockerignore leaves out of everything that is left out, and what it leaves out again."""
    lines = [one for one in (ROOT / ".dockerignore").read_text().splitlines() if one and not one.startswith("#")]
    assert lines[0] == "*"
    return [one[1:] for one in lines if one.startswith("!")], [one for one in lines[1:] if not one.startswith("!")]


def test_whatever_is_copied_gets_to_the_builder() -> None:
    copied = {word for one in of("COPY", stages(FILE)[0]) for word in one.split()[:-1]}
    assert copied == set(let_in()[0])
    assert [one for one in copied if not (ROOT / one).exists()] == []


def test_nothing_that_git_is_told_to_ignore_gets_to_the_builder() -> None:
    """A token of a run on this machine would lie in the image for everybody who has it."""
    letting, not_again = let_in()
    asked = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", *letting]
    ignored = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    again = [out.removeprefix("**/") for out in not_again]
    assert [
        one for one in ignored if not any(fnmatchcase(part, out) for out in again for part in Path(one).parts)
    ] == []
    assert {"*.env", "__pycache__"} <= set(again)


def test_the_lock_of_production_is_the_tested_one() -> None:
    run, tested, production = (
        locked(one) for one in ("requirements.lock", "requirements-dev.lock", "requirements-production.lock")
    )
    assert {name: version for name, version in run.items() if production.get(name) != version} == {}
    assert [name for name, version in production.items() if tested.get(name) != version] == []
    extra = PROJECT["optional-dependencies"]
    assert {name_of(one) for key in ("production", "aws") for one in extra[key]} <= set(production)
    assert {name_of(one) for one in extra["postgresql"]} <= {name_of(one) for one in extra["production"]}


@pytest.mark.parametrize("quoted", ["plain", "with a space", "with $HOME and `id`"])
def test_a_program_is_started_with_the_lines_of_its_file(tmp_path: Path, quoted: str) -> None:
    file = tmp_path / "environment"
    file.write_text(f"SAID='{quoted}'\n")
    asked = ["/bin/sh", str(START), "/bin/sh", "-c", 'printf "%s|%s|%s" "$SAID" "${ENVIRONMENT_FILE-none}" "$(umask)"']
    done = subprocess.run(
        asked, env={"PATH": "/usr/bin:/bin", "ENVIRONMENT_FILE": str(file)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{quoted}|none|0077"


def test_without_its_file_nothing_is_started(tmp_path: Path) -> None:
    asked = ["/bin/sh", str(START), "/bin/echo", "started"]
    done = subprocess.run(
        asked, env={"ENVIRONMENT_FILE": str(tmp_path / "missing")}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "started" not in done.stdout
    assert "missing" in done.stderr
