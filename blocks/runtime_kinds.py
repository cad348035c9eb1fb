"""Every kind of running application that rekey knows, by the slug of its block."""

from __future__ import annotations

from blocks.listed import Listed

RUNTIMES: dict[str, Listed] = {
    "raptor": Listed("blocks.runtimes.raptor:Raptor", takes_orders=True),
    "http-json": Listed("blocks.runtimes.http_json:HttpJson"),
}
