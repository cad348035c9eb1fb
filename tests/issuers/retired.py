"""A rotation as it is when it is over and its old pair is kept, by its last step alone; and what watch does of that."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from blocks.catalog import load_catalog
from blocks.ledger.row import Action
from blocks.model.rotation import Reason, Rotation
from blocks.prefect_api import estate as blocks
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.sandbox.estate import DESK, ISSUERS_PATH, VAULT_ENVIRONMENT
from tasks.rotate.retire import retire
from tasks.watch.prove_old_dead import prove_old_dead, with_kept_pairs
from tests.operator import Operator
from tests.steps.support import alone


def retired(operator: Operator, credential: str, variable: str, new: Minted) -> None:
    """The vault and the desk have this new key, the old one is kept, and retire is what is left: it runs alone."""
    asked, estate, ledger = load_catalog(read_settings().catalog).get(credential), operator.estate, operator.ledger
    with blocks.vault(asked.vault).get_client() as client:
        current, _ = pending.look_at_both(client, asked.vault)
        pending.keep(client, asked.vault, current.pair)
    values, old = {variable: new.secret.get_secret_value()}, current.pair.fingerprint
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH, values)
    estate.heroku.apps[DESK].change(values, "rekey")
    rotation = Rotation(f"r-{uuid4().hex[:8]}", asked, Reason.SCHEDULED, "no-run", "rekey", datetime.now(UTC), old=old)
    started = {"reason": rotation.reason.value, "flow_run_id": "r"}
    ledger.append(Action.STARTED, rotation=rotation.id, credential=credential, actor="rekey", context=started)
    state = alone(lambda: retire(rotation))
    assert state.is_completed(), state.message
    ended = {"old": old, "new": new.fingerprint}
    ledger.append(Action.COMPLETED, rotation=rotation.id, credential=credential, actor="rekey", context=ended)


def looked() -> None:
    """What watch does of the old pairs that are kept, and nothing else that it does."""

    def work() -> None:
        for one in with_kept_pairs():
            prove_old_dead(one)

    state = alone(work)
    assert state.is_completed(), state.message
