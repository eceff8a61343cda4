"""Captions pictures on a Ray cluster: one `internvl caption --worker` a machine, fed by Ray Data."""

from .worker import Picture, Row, Worker, WorkerError

__all__ = ["Picture", "Row", "Worker", "WorkerError", "caption", "pictures"]


def __getattr__(name: str) -> object:
    # Ray takes seconds to import, and Worker does without it.
    if name == "caption":
        from .run import caption

        return caption
    if name == "pictures":
        from .sources import pictures

        return pictures
    raise AttributeError(name)
