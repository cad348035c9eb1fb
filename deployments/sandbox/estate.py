"""The estate of the shipped catalog, on loopback: every vendor, seeded, with credentials made up at run time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

from pydantic import SecretStr
from starlette.types import ASGIApp

from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Location
from deployments.sandbox import desks, made_up
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.alpaca.dashboard import dashboard_app
from deployments.sandbox.catalog import with_hosts
from deployments.sandbox.control import control_app
from deployments.sandbox.flags import FlagsSandbox
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.infisical.app import InfisicalSandbox
from deployments.sandbox.issuers.anthropic import Anthropic, an_admin_key
from deployments.sandbox.issuers.app import IssuersSandbox
from deployments.sandbox.issuers.github import GithubTokens
from deployments.sandbox.kubernetes.app import KubernetesSandbox
from deployments.sandbox.raptor.app import RaptorSandbox
from deployments.sandbox.server import SandboxError, SandboxServer
from deployments.sandbox.slack.app import SlackSandbox

VAULT_PATH = "/MooseQuest/alpaca"
VAULT_ENVIRONMENT = "prod"
REPOSITORY = "raxx/raxx"
CHANNEL = "D0AJ7K184TV"
# The applications that use the paper pair, and MQ-A, the algorithm layer, which uses the live one.
APPS = {"raptor-prod": "raxx-api-prod", "raptor-staging": "raxx-api-staging"}
MQ_A = "raxx-mq-a"
RUNTIMES = {**APPS, "mq-a": MQ_A}
LIVE_RUNTIMES = {"raptor-prod": "raxx-api-prod", "mq-a": MQ_A}
PAPER = ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY")
LIVE = ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY")
# Fixed ports for people are these, counted from the first; tests take free ones.
ORDER = (
    "dashboard",
    "alpaca-paper",
    "alpaca-live",
    "infisical",
    "heroku",
    "github",
    "slack",
    "raptor-prod",
    "raptor-staging",
    "control",
    "mq-a",
    "issuers",
    *desks.ORDER,
)
# The credentials that only the sandbox has, where the vault keeps them, and the application that uses them.
ONLY_HERE = Path(__file__).parent / "issuers.toml"
ISSUERS_PATH = "/MooseQuest/issuers"
DESK = "raxx-desk"
STRIPE = "STRIPE_TEST_KEY"
HEROKU = "REKEY_HEROKU_TOKEN"
VAULTS_OWN = ("REKEY_INFISICAL_CLIENT_ID", "REKEY_INFISICAL_CLIENT_SECRET")
OANDA, POSTMARK, GITHUB = "OANDA_PRACTICE_TOKEN", "POSTMARK_SERVER_TOKEN", "GITHUB_DEPLOY_TOKEN"
ANTHROPIC = "ANTHROPIC_API_KEY"


@dataclass(frozen=True, slots=True)
class Access:
    """With what rekey asks its vendors: the same for several estates, one after another, whose blocks stay right."""

    project_id: str
    identity: tuple[str, str] = field(repr=False)
    heroku: str = field(repr=False)
    github: str = field(repr=False)
    slack: str = field(repr=False)
    kubernetes: str = field(repr=False)
    flags: str = field(repr=False)
    anthropic: str = field(repr=False)

    @classmethod
    def made_up(cls) -> Self:
        """Tokens that nobody had before."""
        return cls(
            project_id=made_up.identifier(),
            identity=(made_up.identifier(), made_up.hexadecimal(64)),
            heroku=made_up.token("HRKU-"),
            github=made_up.token("github_pat_", 82),
            slack=made_up.token("xoxb-", 48),
            kubernetes=made_up.token("eyJ", 120),
            flags=made_up.token("flags-"),
            anthropic=an_admin_key(),
        )

    def secrets(self) -> list[str]:
        """All of it that nobody may see."""
        tokens = (self.heroku, self.github, self.slack, self.kubernetes, self.flags, self.anthropic)
        return [self.identity[1], *tokens]


class Estate:
    """All vendors of the shipped catalog. A context manager: the servers run inside it."""

    def __init__(
        self,
        *,
        first_port: int | None = None,
        profile: Literal["2024", "current"] = "2024",
        access: Access | None = None,
        folder: Path | None = None,
    ) -> None:
        """``first_port`` counts fixed ports from there; None takes free ones. ``access``: None makes all of it up.

        ``folder``: where its sealed file is; None makes one that is gone with the estate.
        """
        access = access or Access.made_up()
        self.alpaca = AlpacaSandbox()
        self.paper = self.alpaca.add_account("paper", name="Paper account 1")
        self.other_paper = self.alpaca.add_account("paper", name="Paper account 2")
        self.live = self.alpaca.add_account("live", name="Live account 1")
        self.infisical = InfisicalSandbox(profile)
        self.heroku = HerokuSandbox(access.heroku)
        self.github = GithubSandbox(access.github)
        self.slack = SlackSandbox(access.slack)
        self.issuers = IssuersSandbox(Anthropic(admin_key=access.anthropic), GithubTokens(self.github))
        self.desks = desks.Desks(
            KubernetesSandbox(access.kubernetes),
            FlagsSandbox({desks.FLAG: True}, access.flags),
            lambda: self.heroku.serving(desks.SWITCHED_DESK),
        )
        hosts: dict[Literal["paper", "live"], str] = {}
        self.raptors = {name: RaptorSandbox(app, self.heroku, hosts) for name, app in RUNTIMES.items()}
        self._made = TemporaryDirectory()
        folder = folder or Path(self._made.name)
        self.sealed = SealedFile(folder / "vault", folder / "vault-key")
        self.project_id = self.infisical.add_project(project_id=access.project_id)
        self.identity = self.infisical.add_identity(self.project_id, client=access.identity, manages_identities=True)
        self._seed()
        ports = {name: first_port + number for number, name in enumerate(ORDER)} if first_port else {}
        try:
            self.server = SandboxServer(self._apps(), ports)
        except SandboxError:
            # Nobody enters an estate whose ports are taken, so nobody leaves it either.
            self._made.cleanup()
            raise
        self.desks.hosts["oanda"] = self.server.url("issuers")
        hosts |= {"paper": self.server.url("alpaca-paper"), "live": self.server.url("alpaca-live")}

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self._made.cleanup()

    def url(self, name: str) -> str:
        """The base URL of one vendor host, by its name in ORDER."""
        return self.server.url(name)

    def seeds(self) -> dict[str, Any]:
        """What ``rekey register`` needs to point the product at this estate, by variable, without REKEY_."""
        dashboard = self.url("dashboard")
        return {
            "alpaca_paper_url": self.url("alpaca-paper"),
            "alpaca_live_url": self.url("alpaca-live"),
            "alpaca_paper_dashboard_url": f"{dashboard}/paper/dashboard/overview",
            "alpaca_live_dashboard_url": f"{dashboard}/live/dashboard/overview",
            "infisical_url": self.url("infisical"),
            "infisical_project_id": self.project_id,
            "infisical_client_id": self.identity[0],
            "infisical_client_secret": SecretStr(self.identity[1]),
            "sealed_file_path": str(self.sealed.path),
            "sealed_file_key_file": str(self.sealed.key_file),
            "heroku_url": self.url("heroku"),
            "heroku_token": SecretStr(self.heroku.token),
            "github_url": self.url("github"),
            "github_token": SecretStr(self.github.token),
            "slack_url": f"{self.url('slack')}/api/",
            "slack_token": SecretStr(self.slack.token),
            "github_pat_url": self.url("github"),
            "github_pat_page_url": f"{self.url('issuers')}/github/keys",
            "infisical_identity_url": self.url("infisical"),
            "heroku_authorization_url": self.url("heroku"),
            "stripe_url": self.url("issuers"),
            "stripe_page_url": f"{self.url('issuers')}/stripe",
            "postmark_url": self.url("issuers"),
            "postmark_page_url": f"{self.url('issuers')}/postmark/keys",
            "anthropic_url": self.url("issuers"),
            "anthropic_page_url": f"{self.url('issuers')}/anthropic/keys",
            "anthropic_admin_key": SecretStr(self.issuers.anthropic.admin_key),
            "raptor": {name: {"url": self.url(name)} for name in RUNTIMES},
            **self.desks.seeds(self.url),
        }

    def catalog(self, text: str) -> str:
        """This catalog with the addresses of this estate as its [hosts]."""
        return with_hosts(text, {name: self.url(name) for name in ORDER}, RUNTIMES)

    def vault_values(self) -> dict[str, str]:
        """What the vault holds in the credential's folder."""
        return self.infisical.values(self.project_id, VAULT_ENVIRONMENT, VAULT_PATH)

    def sealed_values(self) -> dict[str, str]:
        """What the sealed file holds in the folder of the issuers."""
        stored = SealedFileClient(self.sealed).read(Location(VAULT_ENVIRONMENT, ISSUERS_PATH))
        return {name: one.value.get_secret_value() for name, one in stored.items()}

    def write_env_file(self, path: Path) -> None:
        """The seeds as REKEY_NAME=value lines, readable by the owner only."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text("".join(f"REKEY_{name.upper()}={value}\n" for name, value in _plain(self.seeds()).items()))

    def _apps(self) -> dict[str, ASGIApp]:
        apps: dict[str, ASGIApp] = {
            "dashboard": dashboard_app(self.alpaca),
            "alpaca-paper": self.alpaca.host("paper"),
            "alpaca-live": self.alpaca.host("live"),
            "infisical": self.infisical.app(),
            "heroku": self.heroku.app(),
            "github": self.github.app(),
            "slack": self.slack.app(),
            **{name: raptor.app() for name, raptor in self.raptors.items()},
            "control": control_app(self),
            "issuers": self.issuers.app(),
            **self.desks.apps(),
        }
        return {name: apps[name] for name in ORDER}

    def addresses(self) -> dict[str, str]:
        """Of every host, by name. Known once the servers run."""
        return {name: self.url(name) for name in ORDER}

    def knobs(self) -> dict[str, Any]:
        """Of every vendor that has some."""
        return {
            "alpaca": self.alpaca.knobs,
            "infisical": self.infisical.knobs,
            "heroku": self.heroku.knobs,
            "github": self.github.knobs,
            "slack": self.slack.knobs,
            "oanda": self.issuers.oanda.keys.knobs,
            "postmark": self.issuers.postmark.knobs,
            "stripe": self.issuers.stripe.knobs,
            "anthropic": self.issuers.anthropic.knobs,
            "kubernetes": self.desks.kubernetes.knobs,
            **{name: raptor.knobs for name, raptor in self.raptors.items()},
        }

    def _seed(self) -> None:
        """One state that is right: the vault and every consumer hold the current pairs."""
        paper = dict(zip(PAPER, self.paper.regenerate(), strict=True))
        live = dict(zip(LIVE, self.live.regenerate(), strict=True))
        self.other_paper.regenerate()
        self.infisical.add_folder(self.project_id, VAULT_ENVIRONMENT, VAULT_PATH)
        self.infisical.put(self.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {**paper, **live})
        other = {"DATABASE_URL": made_up.token("postgres://")}
        self.heroku.add_app("raxx-api-prod", {**paper, **live, **other, "TRADING_LIVE_DISABLED": "0"})
        self.heroku.add_app("raxx-api-staging", {**paper, **other})
        self.heroku.add_app(MQ_A, {**live, **other, "TRADING_LIVE_DISABLED": "0"})
        self.github.add_repository(REPOSITORY)
        self.slack.add_channel(CHANNEL)
        oanda, keys = {OANDA: self.issuers.oanda.keys.mint()}, {POSTMARK: self.issuers.postmark.keys.mint()}
        keys |= {STRIPE: self.issuers.stripe.test.mint(), GITHUB: self.issuers.github.mint()}
        keys |= {ANTHROPIC: self.issuers.anthropic.keys.mint()}
        self.infisical.add_folder(self.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)
        self.infisical.put(self.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH, keys)
        self.heroku.add_app(DESK, {**keys, **oanda})
        live_key = self.issuers.oanda.live.mint()
        self.infisical.put(self.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH, {desks.VARIABLE: live_key})
        self.desks.seed(live_key)
        self.heroku.add_app(desks.SWITCHED_DESK, {desks.VARIABLE: live_key})
        # rekey's own are in no app.
        own = {HEROKU: self.heroku.token, **dict(zip(VAULTS_OWN, self.identity, strict=True))}
        self.infisical.put(self.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH, own)
        self._seal(oanda)

    def _seal(self, values: Mapping[str, str]) -> None:
        """A second vault for one credential: a sealed file, in place of that of an estate before this one."""
        self.sealed.path.unlink(missing_ok=True)
        self.sealed.key_file.unlink(missing_ok=True)
        self.sealed.make()
        client, place = SealedFileClient(self.sealed), Location(VAULT_ENVIRONMENT, ISSUERS_PATH)
        client.ensure_folder(place)
        client.write(place, {name: SecretStr(value) for name, value in values.items()})


def _plain(seeds: Mapping[str, Any]) -> Mapping[str, str]:
    """Each seed as the text of an environment variable."""
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in seeds.items()}
    return {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in plain.items()}
