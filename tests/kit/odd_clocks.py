"""Clips whose time stamps jump, wander or are missing, as recorders and `cat` leave them."""

from __future__ import annotations

from pathlib import Path

from kit.clips import click_sound, numbered_clip
from kit.sounds import click_at, draw_wav
from kit.unusual_clips import SIZE, ff

RECORDED = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", 0, "-g", 15, "-sc_threshold", 0, "-c:a", "mp2")
"""Options of a recorder of transport streams, with a key frame each half second."""
PACKET_BYTES = 188


def recording(path: Path, frames: int, *, first: int = 0, begins: float = 0) -> Path:
    """A transport stream of numbered frames that clicks at its start; its clock begins at some second."""
    source = numbered_clip(path.with_name("source.mp4"), frames, SIZE, first=first)
    ff("-i", source, *RECORDED, "-output_ts_offset", begins, path)
    source.unlink()
    return path


def joined_by_cat(path: Path, *, begins: float) -> Path:
    """Frames 0 to 29 and 100 to 129, one recording behind the other; the clock of the second begins at some second."""
    parts = [recording(path.with_name("one.ts"), 30), recording(path.with_name("two.ts"), 30, first=100, begins=begins)]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def begun_between_key_frames(path: Path) -> Path:
    """Frames 0 to 59 of a recording that lacks its first packets: nothing before frame 15 can be decoded."""
    data = recording(path.with_name("whole.ts"), 60).read_bytes()
    path.write_bytes(data[len(data) // PACKET_BYTES // 8 * PACKET_BYTES :])
    return path


def empty_chunks(path: Path) -> Path:
    """An AVI of a second: frames 0 to 9, and frame 9 again for the rest but the last, which is frame 10."""
    times = [*range(10), 29]
    source = numbered_clip(path.with_name("source.mp4"), 11, SIZE, sound=False, times=times)
    sound = click_sound(path.with_name("click.wav"), 48_000)
    ff(
        "-i",
        source,
        "-i",
        sound,
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1/30",
        "-c:a",
        "pcm_s16le",
        "-c:v",
        "mjpeg",
        "-q:v",
        2,
        path,
    )
    return path


def second_sound_first(path: Path) -> Path:
    """Picture and sound begin at half a second, a second sound at 0; the first one clicks with frame 9."""
    film = numbered_clip(path.with_name("film.mp4"), 30, SIZE, sound=False)
    track = click_sound(path.with_name("click.wav"), 24_000)
    late = ("-itsoffset", 0.5, "-i", film, "-itsoffset", 0.5, "-i", track, "-i", track)
    ff(*late, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-af:a:0", "adelay=14400S:all=1", *RECORDED, path)
    return path


def late_sound(path: Path) -> Path:
    """A picture of two seconds; its sound begins after one, and clicks there and shortly before its end."""
    film = numbered_clip(path.with_name("film.mp4"), 60, SIZE, sound=False)
    track = draw_wav(path.with_name("click.wav"), click_at(0, 45_600), 48_000)
    ff("-i", film, "-itsoffset", 1, "-i", track, "-map", "0:v", "-map", "1:a", "-c:v", "copy", path)
    return path
