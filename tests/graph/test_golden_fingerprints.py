"""Fingerprints of whole productions stay what they were: takes of earlier versions still answer their shots (law 5)."""

from __future__ import annotations

from pathlib import Path

from wanflow import digest
from wanflow.graph.build import sources_of
from wanflow.graph.recipe import digest_identity, fingerprint, recipe
from wanflow.language.load import read

ROOT = Path(__file__).parents[2]
ALL_MEDIA = """
wanflow: 1
cast:
  keeper: {image: k.png, voice: k.wav}
  gull: {video: g.mp4}
  lamp: {image: l.png}
defaults: {resolution: 720P, prompt_extend: false}
shots:
  words: {model: wan2.7-t2v, prompt: a coast, negative_prompt: fog, driving_audio: s.wav}
  frame: {model: wan2.7-i2v, first_frame: a.png, driving_audio: s.wav, prompt: waves, duration: 5}
  frames: {model: wan2.7-i2v, first_frame: a.png, last_frame: b.png, driving_audio: s.wav, prompt: waves}
  clip: {model: wan2.7-i2v, first_clip: {shot: frame, tail: 2}, last_frame: b.png, prompt: closer, duration: 8}
  cast_en: {model: wan2.7-r2v, prompt: "${keeper} shows ${gull} the ${lamp}.", ratio: 16:9}
  cast_zh: {model: wan2.7-r2v, prompt: "${lamp}旁，${keeper}对${gull}说话。", first_frame: a.png}
  listed: {model: wan2.7-r2v, prompt: "${gull} and ${keeper}", references: [gull, lamp, keeper]}
  one: {model: wan2.7-r2v, prompt: The reference image turns., references: [{image: k.png}]}
  previous: {model: wan2.6-r2v, prompt: "${keeper} and ${gull}", size: 1280*720, shot_type: multi}
  flash: {model: wan2.6-r2v-flash, prompt: "${gull} lands", audio: false}
  edit: {model: wan2.7-videoedit, video: {shot: cast_en}, prompt: "${lamp} glows", audio_setting: origin}
"""


def fingerprints(file: Path) -> dict[str, str]:
    """The fingerprint of each shot; the digest of an input is that of its slot, and of a piece that of its text."""
    production, problems = read(file)
    assert production is not None, problems
    found = {}
    for name, shot in production.shots.items():
        identities = {
            slot: digest_identity(digest.of_bytes(f"{slot} {getattr(source, 'piece', None)}".encode()))
            for slot, source in sources_of(shot)
        }
        found[name] = fingerprint(recipe(shot, "dashscope", identities))
    return found


GOLDEN = {
    "words": "89873c9cee8ef19f",
    "frame": "ace371420d97502a",
    "frames": "0f929ca2853e44e0",
    "clip": "43f9670c03d29c36",
    "cast_en": "7fa059cd15f1b496",
    "cast_zh": "2ac71837f2f49f8e",
    "listed": "0b3df1cdf8399e81",
    "one": "c4c579e3721895be",
    "previous": "2f50bfc76d2de971",
    "flash": "c6b85a598739630d",
    "edit": "c6294a96e43bbb8f",
}
LIGHTHOUSE = {
    "coast": "97e2f2ab35c53eba",
    "approach": "76a0608dbd6da569",
    "talk": "233f93f64039c2f2",
    "talk_at_night": "382eaa4085fa83ad",
}


def test_law_5_no_release_changes_the_fingerprint_of_a_request(tmp_path: Path) -> None:
    """Every kind of media, voices, words of both languages, lists of references, the vendor's defaults."""
    file = tmp_path / "wanflow.yaml"
    file.write_text(ALL_MEDIA, encoding="utf-8")
    assert {name: core[:16] for name, core in fingerprints(file).items()} == GOLDEN


def test_law_5_no_release_changes_the_fingerprints_of_the_lighthouse() -> None:
    """The production that the pages show."""
    found = fingerprints(ROOT / "examples" / "02-lighthouse" / "wanflow.yaml")
    assert {name: core[:16] for name, core in found.items()} == LIGHTHOUSE
