"""The body of a request, once every media slot has an address."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.service.port import Request
from wanflow.service.wire import MediaItem, request_body
from wanflow.spec.catalog import load_catalog
from wanflow.spec.production import Shot


def body_of(shot: Shot, seed: int | None, addresses: Mapping[str, str]) -> Request:
    """What is sent for a take of a shot; `addresses` are by slot, that of a voice by `<slot>.voice`."""
    model = load_catalog()[shot.model]
    media = [
        MediaItem(
            item.type,
            addresses[item.slot],
            addresses[f"{item.slot}.voice"] if item.voice else None,
            model.media[item.type].field,
            model.media[item.type].listed,
        )
        for item in shot.media
    ]
    return request_body(
        shot.model,
        prompt=shot.prompt,
        negative_prompt=shot.negative_prompt,
        media=media,
        parameters=shot.parameters,
        seed=seed if "seed" in model.parameters else None,
    )
