"""The blocks that the steps of a flow run have loaded: each once, until something fails or a person was waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TypeVar
from uuid import UUID

from prefect.blocks.core import Block
from prefect.context import FlowRunContext

from blocks.wire import witnesses

_BlockT = TypeVar("_BlockT", bound=Block)


class _Once:
    """One block of one step: loaded by the first thread that needs it, the others wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.block: Block | None = None


# Apart is what was loaded for somebody who cannot wait: it may be another one than Prefect's.
_Kept = dict[tuple[type[Block], str, bool], _Once]


class BlockCache:
    """What the present step has loaded, and what is kept of that for the next one. A process has one."""

    def __init__(self) -> None:
        # Threads that a step starts in a copy of its context share what it has loaded.
        self._step: ContextVar[_Kept | None] = ContextVar("blocks of the step", default=None)
        # Of the newest flow run of this process; replaced as a whole, which needs no lock.
        self._run: tuple[UUID | None, _Kept] = (None, {})

    @contextmanager
    def once(self) -> Iterator[None]:
        """Load each block at most once in here; what an earlier step of this flow run has loaded counts.

        Whatever is raised in here may be about a block, so then the next step (or try) loads all of them afresh.
        """
        outside = self._step.set(self._kept_of_this_run())
        try:
            yield
        except BaseException:
            self.forget()
            raise
        finally:
            self._step.reset(outside)

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Load each block at most once in here, and afresh: nothing that was loaded before counts.

        Rows that are written in here name the hosts that answered.
        """
        outside = self._step.set({})
        try:
            with witnesses.heard():
                yield
        finally:
            self._step.reset(outside)

    def forget(self) -> None:
        """Let the next step load every block afresh: a form was open, maybe for hours."""
        self._run = (None, {})

    def get(
        self, kind: type[_BlockT], document: str, load: Callable[[type[_BlockT], str], _BlockT], *, apart: bool = False
    ) -> _BlockT:
        """The block of that kind and name: what is kept of it, or what ``load`` gives. Raises what that raises.

        ``apart`` for whoever cannot wait until another thread has loaded it: ``load`` gives it in another way then.
        """
        kept = self._step.get()
        if kept is None:
            return load(kind, document)
        known = kept.get((kind, document, False))
        if apart and known is not None and isinstance(known.block, kind):
            return known.block
        once = kept.setdefault((kind, document, apart), _Once())
        with once.lock:
            block = once.block
            if not isinstance(block, kind):
                once.block = block = load(kind, document)
            return block

    def know(self, block: Block, document: str) -> None:
        """This block, loaded for somebody who could not wait, is Prefect's own: whoever asks next need not ask."""
        kept = self._step.get()
        if kept is not None:
            kept.setdefault((type(block), document, False), _Once()).block = block

    def drop_apart(self, kind: type[Block], document: str) -> None:
        """Whoever cannot wait loads this one anew."""
        kept = self._step.get()
        if kept is not None:
            kept.pop((kind, document, True), None)

    def _kept_of_this_run(self) -> _Kept:
        context = FlowRunContext.get()
        if context is None or context.flow_run is None:
            return {}
        run, kept = self._run
        if run != context.flow_run.id:
            kept = {}
            self._run = (context.flow_run.id, kept)
        return kept


CACHE = BlockCache()
