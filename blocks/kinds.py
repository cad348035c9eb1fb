"""The one list of all kinds: what the catalog may name, by family."""

from __future__ import annotations

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.person.notice import SlackConsumer
from blocks.model.kinds import Kinds
from blocks.runtimes.http_json import HttpJson
from blocks.runtimes.interface import Runtime
from blocks.runtimes.raptor import Raptor

RUNTIMES: tuple[type[Runtime], ...] = (Raptor, HttpJson)
KINDS = Kinds(
    consumers=(HerokuConsumer, GithubConsumer, SlackConsumer),
    brakes=(HerokuBrake,),
    runtimes={one.get_block_type_slug(): one.takes_orders for one in RUNTIMES},
)
