"""AI labels in metadata: what clips say of themselves, and what the cut that is made of them has to say.

China's implicit label (GB 45438-2025) is the key `AIGC` with JSON as its value; the kind of source is IPTC's. An MP4
keeps keys of other people's making only with `use_metadata_tags`, and no copy keeps them by itself (ffmpeg.md 6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from wanflow import decode
from wanflow.media.container import BadMedia, opened
from wanflow.media.encoder import FILM

LABEL = "AIGC"
SOURCES = "AIGCSources"
SOURCE_TYPE = "DigitalSourceType"
MOVFLAGS = f"{FILM['movflags']}+use_metadata_tags"

_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{_TYPES}trainedAlgorithmicMedia"
COMPOSITE = f"{_TYPES}compositeWithTrainedAlgorithmicMedia"


def read_label(path: Path) -> str | None:
    """The AI label of a file, None where it has none, also for a file that is not a video or sound."""
    return next(iter(read_labels(path)), None)


def read_labels(path: Path) -> tuple[str, ...]:
    """A file's own AI label, then those of the clips that it was cut from; each once, none for a file without."""
    try:
        with opened(path, decoding=False) as container:
            known = {key.lower(): value for key, value in container.metadata.items()}
    except BadMedia:
        return ()
    own, text = known.get(LABEL.lower(), ""), known.get(SOURCES.lower(), "")
    try:
        listed = decode.parse_json(text or "[]")
    except ValueError:
        listed = text
    sources = [text] if not isinstance(listed, list) else [label for label in listed if isinstance(label, str)]
    return tuple(dict.fromkeys(label for label in (own, *sources) if label))


def own_label(producer: str, content_id: str) -> str:
    """The label of something that `producer` made by AI and calls `content_id`."""
    fields = {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": content_id,
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def merge_labels(labels: Sequence[str], own: str | None, *, mixed: bool = False) -> dict[str, str]:
    """The metadata of a cut of clips with these labels, where `own` is the cut's own label.

    No label is changed or lost: where the clips have one between them the cut carries it; otherwise it carries
    `own` (the first clip's where that is None) and a list of theirs. `mixed` says that it has other footage too.
    Empty where neither a clip nor `own` says that anything is made by AI.
    """
    found = list(dict.fromkeys(label for label in labels if label))
    label = found[0] if len(found) == 1 else own or next(iter(found), None)
    if label is None:
        return {}
    listed = {SOURCES: json.dumps(found, ensure_ascii=False)} if found and found != [label] else {}
    return {LABEL: label, **listed, SOURCE_TYPE: COMPOSITE if mixed else GENERATED}


def label_options(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata as ffmpeg's output options, with the flags without which an MP4 drops them; none for no metadata.

    An argument holds 128 KiB and a cut of hundreds of clips lists more than that: then, and with chapters, they go by
    `cut.chapter_file`, and only `movflags` is needed of this.
    """
    values = {f"metadata:g:{number}": f"{key}={value}" for number, (key, value) in enumerate(metadata.items())}
    return {**values, "movflags": MOVFLAGS} if values else {}
