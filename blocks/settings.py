"""Where the catalog and the ledger are, and how long rekey waits, from the environment: each variable is a REKEY_NAME.

Addresses and tokens are none of these: ``rekey register`` reads them once (deployments/setup/seeds.py) and seeds the
Prefect blocks with them. After that the blocks, which can be edited in the Prefect UI, are what counts.

Where the truth lies (code, catalog, ledger) is no matter of a run's environment: a worker names them in the file of
``REKEY_CONFIG`` (blocks/worker_file.py), and then the environment may not.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from blocks import worker_file
from blocks.errors import CatalogError
from blocks.model.hosts import origin_of

ROOT = Path(__file__).resolve().parent.parent
# The pool of the workers that carry out rekey's flows, as each deployment names it.
WORK_POOL = "rekey"
# Three minutes in all.
PATIENCE_S: list[float] = [0.5, 1, 2, 5, 15, 30, 60, 60]
_CORRECT = "Correct what is named there; docs/reference/settings.md lists what each setting may be."
_SettingsT = TypeVar("_SettingsT", bound=BaseSettings)
_Variables = frozenset[tuple[str, str]]


class Settings(BaseSettings):
    """Where things are and how long rekey waits. Times are in seconds. Each field's description is for people."""

    model_config = SettingsConfigDict(
        env_prefix="REKEY_",
        extra="ignore",
        hide_input_in_errors=True,
        # Python waits for no infinite time: whatever would wait so long ends at once, with an error.
        allow_inf_nan=False,
    )

    # TOML, or REKEY_NAME=value lines. What it names counts.
    config: Path | None = Field(default=None, description="the worker's file; it cannot name itself")
    root: Path = Field(
        default=ROOT,
        description="the checkout whose code runs, each machine's own; another one in a worker's file is refused",
    )
    catalog: Path = Field(
        default=ROOT / "deployments" / "catalog.toml", description="the catalog; refused beside a worker's file"
    )
    # It may hold a password, hence SecretStr.
    ledger_url: SecretStr = Field(
        default=SecretStr(f"sqlite:///{ROOT / '.rekey' / 'ledger.db'}"),
        description="the ledger, as a SQLAlchemy URL; refused beside a worker's file",
    )
    run_manifest: Path | None = Field(
        default=None,
        description="the manifest (YAML) of a Kubernetes Job: each run gets a pod of its own by it; else a run is a "
        "process of its worker",
    )
    prefect_ui_url: str = Field(
        default="http://127.0.0.1:4200/v2", description="the address of Prefect's pages, for the links in messages"
    )
    console_url: str = Field(
        default="http://localhost:4280",
        description="the address of the console, by which alone it answers: http://localhost and a port, "
        "or https and a name",
    )
    console_listen: str | None = Field(
        default=None,
        description="address and port on which the console listens; else the loopback and the port of its address",
    )
    console_certificate: Path | None = Field(
        default=None, description="the console's certificate with its chain (PEM), when it serves https itself"
    )
    console_key: Path | None = Field(default=None, description="the private key of that certificate (PEM)")
    console_proxies: list[IPvAnyNetwork] = Field(
        default=[],
        description="the proxies that serve the console by https, as addresses or networks: "
        "only what comes from them is believed",
    )
    # Whoever opens the page becomes an operator by it.
    console_offer: Path | None = Field(
        default=None,
        description="a file with the token of a one-time link, which the console's first page offers to whoever opens "
        "it: for a machine that nobody else uses, and by http://localhost alone",
    )
    # It lets a submitted pair wait 0.25 s on average, and 0.08 s in the first ten minutes.
    form_poll_s: float = Field(
        default=0.5,
        gt=0,
        description="how often Prefect is asked whether a form was answered, in its first ten minutes three times as "
        "often; half a second is 360 small requests a minute then, and 120 later",
    )
    # A process that waits holds 130 MB and asks Prefect several times a second.
    form_leave_after_s: float = Field(
        default=1800,
        gt=0,
        description="after how long without an answer the process of a run ends that waits for readiness, an approval "
        "or the new pair: the form stays open, whoever answers it starts the run again, and watch looks after the "
        "rotation meanwhile, each minute; more than 2592000 (30 days) for never",
    )
    # Not documented; measured in every rotation.
    activation_timeout_s: float = Field(default=60, gt=0, description="how long Alpaca may take to accept a fresh pair")
    # Heroku gives a web dyno 60 s to bind its port; a release phase and preboot come on top.
    release_timeout_s: float = Field(
        default=600,
        gt=0,
        description="how long Heroku may take until a release succeeded and its dynos run",
    )
    # With preboot the old dyno serves for about three minutes.
    verify_timeout_s: float = Field(
        default=300,
        gt=0,
        description="how long verify asks the running applications, and waits for the old pair's death",
    )
    probe_interval_s: float = Field(default=1, gt=0, description="the pause between two of these questions")
    lookout_interval_s: float = Field(
        default=3,
        gt=0,
        description="how often the current pairs are asked whether they live while a form waits; "
        "Alpaca's 200 requests a minute are shared with the application",
    )
    patience_s: list[Annotated[float, Field(ge=0)]] = Field(
        default=PATIENCE_S,
        description="the pauses between the tries of a step after the click; then the rotation is held",
    )
    held_again_s: list[Annotated[float, Field(gt=0)]] = Field(
        default=[60, 120, 240, 480, 900],
        min_length=1,
        description="after which times a rotation that is held is tried again by itself; the last repeats",
    )
    # A run says five times within this time that it lives.
    lease_s: float = Field(
        default=15,
        gt=0,
        description="how long a run is silent before another one may go on with its rotation",
    )
    # Over before the next one begins, which comes each minute.
    watch_stays_s: float = Field(
        default=55,
        ge=0,
        le=55,
        description="how long after its beginning a run of watch stays, so that a run that dies is noticed at once; "
        "0: not at all",
    )
    # Longer where a worker has to fetch an image first.
    begin_within_s: float = Field(
        default=120,
        gt=0,
        description="how long a run may wait for its worker; then it is ended, and a later one does what it would have",
    )
    # 0700, beside nothing else.
    kept_folder: Path | None = Field(
        default=None,
        description="where a worker keeps, sealed, the tokens and addresses that an alarm and a brake need, and beside "
        "them the catalog as it was read last, so that both work while Prefect is away or the catalog is being mended; "
        "a folder of this machine alone",
    )
    # Whoever knows the address can keep its alarm from coming, hence SecretStr.
    heartbeat_url: SecretStr | None = Field(
        default=None,
        description="an address that is asked each time watch ended well, and that alarms people when it is not "
        "(Healthchecks and its like); https, or http on the loopback",
    )
    # 0600 in a folder of mode 0700.
    snapshot_folder: Path | None = Field(
        default=None,
        description="where the snapshot of a live account is kept as a file, too, for its owner only",
    )

    @field_validator("heartbeat_url")
    @classmethod
    def _is_plain(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            origin_of(value.get_secret_value())
        return value


def read_settings() -> Settings:
    """Settings from the worker's file and, under it, from the environment.

    A process that has read them goes on with those while the file cannot be read: somebody may be writing it just now,
    and trading may stand still meanwhile. Raises CatalogError that names the variables, never their values.
    """
    variables, state = _sources()
    try:
        return _read_settings(variables, state)
    except CatalogError as problem:
        before = _well_read.get(variables)
        if before is None:
            raise
        _say_once(problem.problem)
        return before


# What was read last, by the environment of this process, of which there is one outside of tests.
_well_read: dict[_Variables, Settings] = {}


@lru_cache(maxsize=1)
def _say_once(problem: str) -> None:
    logging.getLogger(__name__).warning("%s This process goes on with what it read before.", problem)


def _sources() -> tuple[_Variables, worker_file.State | None]:
    """Everything that the settings are read from, so that they are read anew only when it has changed.

    They are asked for at every probe, and reading them takes 0.6 ms.
    """
    variables = frozenset((name, value) for name, value in os.environ.items() if name.upper().startswith("REKEY_"))
    file = next((Path(value) for name, value in variables if name.upper() == "REKEY_CONFIG"), None)
    return variables, worker_file.state(file) if file else None


@lru_cache(maxsize=1)
def _read_settings(variables: _Variables, _: worker_file.State | None) -> Settings:
    _well_read[variables] = settings = _read_now()
    return settings


def _read_now() -> Settings:
    file = from_environment(worker_file.Location).config
    if file is None:
        return from_environment(Settings)
    worker_file.refuse_in_environment(file, from_environment(worker_file.Truth))
    named = worker_file.read(Settings, file)
    settings = from_environment(Settings, **{**named, "config": file})
    if settings.root.resolve() != ROOT:
        where = f"the worker's file {file}" if "root" in named else worker_file.variable_of("root")
        raise CatalogError(
            f"The code that runs lies in {ROOT}, and {where} says {settings.root}.",
            "Correct root there or leave it out, or start the worker from that checkout.",
        )
    return settings


def patience_s() -> list[float]:
    """The pauses between the tries of a step, in seconds. Never raises.

    Steps are made with it when they are imported: a variable that cannot be read must not stop them from being there,
    else no run could say which one it is.
    """
    try:
        return read_settings().patience_s
    except CatalogError:
        return PATIENCE_S


def from_environment(kind: type[_SettingsT], **values: Any) -> _SettingsT:
    """What the environment says beneath ``values``. Raises CatalogError that names what is wrong, and where."""
    try:
        return kind(**values)
    except ValidationError as error:
        names = sorted({str(entry["loc"][0]) for entry in error.errors(include_input=False)})
        wrong = _wrong(names, [name for name in names if name in values], values.get("config"))
    except SettingsError as error:
        wrong = wrong_variables(worker_file.not_json(error))
    raise wrong


def _wrong(names: list[str], in_file: list[str], file: Path | None) -> CatalogError:
    """What the worker's file says wrongly is told as the file's: no variable of the environment corrects it."""
    variables = ", ".join(worker_file.variable_of(name) for name in names if name not in in_file)
    if not in_file or file is None:
        return wrong_variables(variables)
    keys = ", ".join(worker_file.key_of(name, file) for name in in_file)
    also = f" {wrong_variables(variables).problem}" if variables else ""
    return CatalogError(f"The worker's file {file} holds what cannot be read: {keys}.{also}", _CORRECT)


def wrong_settings(told: list[str]) -> CatalogError:
    """These sentences say what is wrong."""
    return CatalogError(" ".join(told), _CORRECT)


def wrong_variables(names: str) -> CatalogError:
    """These variables of the environment are wrong."""
    return CatalogError(f"These environment variables cannot be read: {names}.", _CORRECT)
