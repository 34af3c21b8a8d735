"""Which papers a request needs and which of them are there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.api import Item
from portal_jobcenter.forms import DOCUMENTS, USUALLY_NEEDED


@dataclass(frozen=True)
class Paper:
    label: str
    at_hand: bool


def papers(items: Iterable[Item]) -> list[Paper]:
    """The usual papers and those named besides, from what the reader may read; [] without a
    request. Whoever withholds the list withholds it here too."""
    shared = {item.field.key: item.value for item in items}
    if "request" not in shared:
        return []
    at_hand = set(shared.get("documents", ()))
    wanted = at_hand | set(USUALLY_NEEDED[shared["request"]])
    return [Paper(label, key in at_hand) for key, label in DOCUMENTS if key in wanted]
