"""Media that mean harm, each in a few bytes: some name other files and addresses, some promise more than they have."""

from __future__ import annotations

import ctypes
import io
import os
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from kit.clips import click_sound, numbered_clip
from wanflow.language.source import Kind

IN_ACCESS, IN_OPEN = 1, 32


class OpenedFiles:
    """Tells which files of a folder any process opens or reads; Linux only."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._queue = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if libc.inotify_add_watch(self._queue, os.fsencode(folder), IN_ACCESS | IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "a folder cannot be watched", str(folder))

    def names(self) -> set[str]:
        """Their names since the last call."""
        found = set()
        try:
            events = os.read(self._queue, 1 << 16)
        except BlockingIOError:
            return found
        while events:
            length = int.from_bytes(events[12:16], "little")
            found.add(events[16 : 16 + length].rstrip(b"\0").decode())
            events = events[16 + length :]
        return found - {""}

    def close(self) -> None:
        """Stop watching."""
        os.close(self._queue)


class Listener:
    """A port of loopback that tells whether anything connected to it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def was_called(self) -> bool:
        """Whether somebody connected since the last call."""
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let the port go."""
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Lure:
    """What hostile media try to open: a video, a text and pictures in a folder, and an address of a listener."""

    folder: Path
    address: str

    @property
    def film(self) -> Path:
        """A video that plays."""
        return self.folder / "secret.mp4"

    @property
    def words(self) -> Path:
        """A text."""
        return self.folder / "secret.txt"

    @property
    def url(self) -> str:
        """An address by HTTP."""
        return f"http://{self.address}/secret.mp4"


def lay_lure(folder: Path, address: str) -> Lure:
    """Write the files that must not be opened."""
    lure = Lure(folder, address)
    folder.mkdir()
    numbered_clip(lure.film, 5, (64, 48), sound=False)
    lure.words.write_text("TOP SECRET")
    for number in range(3):
        Image.new("RGB", (24, 24), (9, 9, 9)).save(folder / f"frame{number:03d}.png")
    return lure


Make = Callable[[Path, Lure], object]


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file that `make` writes at a path called like `name`, and how reading it ends.

    `ends` is the kind of a file that is harmless after all, else a pattern of the reason why it is refused.
    """

    make: Make
    ends: Kind | str
    name: str = "a.mp4"


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an MP4."""
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def full_box(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    """A box of an MP4 with its version and flags."""
    return box(kind, struct.pack(">I", flags), *parts)


def numbers(*values: int) -> bytes:
    """Numbers of four bytes, as the tables of an MP4 have them."""
    return struct.pack(f">{len(values)}I", *values)


UNITY = numbers(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""A display matrix that changes nothing."""


def movie(
    *,
    size: tuple[int, int] = (64, 48),
    samples: int = 10,
    sample_size: int = 1,
    data: bytes = bytes(64),
    delta: int = 40,
    codec: bytes = b"mp4v",
    setup: bytes = b"",
    edits: bytes = b"",
    reference: bytes = b"",
    per_chunk: int | None = None,
    rest: bytes = b"",
) -> bytes:
    """An MP4 of one video track in one chunk, whose tables say what they are told."""
    kind = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    width, height = size
    shape = struct.pack(
        ">6xH16xHHIIIH32sHH", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, 0xFFFF
    )  # the entry's data reference, size, resolution, frames a sample, name, depth, palette
    tables = box(
        b"stbl",
        full_box(b"stsd", numbers(1), box(codec, shape, setup)),
        full_box(b"stts", numbers(1, samples, delta)),
        full_box(b"stsc", numbers(1, 1, samples if per_chunk is None else per_chunk, 1)),
        full_box(b"stsz", numbers(sample_size, samples)),
        full_box(b"stco", numbers(1, len(kind) + 8)),
    )
    places = box(b"dinf", full_box(b"dref", numbers(1), reference or box(b"url ", numbers(1))))
    media = box(
        b"mdia",
        full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, 400, 0x55C4, 0)),
        full_box(b"hdlr", bytes(4) + b"vide" + bytes(14)),
        box(b"minf", full_box(b"vmhd", bytes(8), flags=1), places, tables),
    )
    header = full_box(b"tkhd", numbers(0, 0, 1, 0, 400, 0, 0, 0, 0), UNITY, numbers(width << 16, height << 16), flags=3)
    track = box(b"trak", header, box(b"edts", edits) if edits else b"", media)
    clock = full_box(b"mvhd", numbers(0, 0, 1000, 400, 0x10000, 0x1000000, 0, 0), UNITY, bytes(24), numbers(2))
    return kind + box(b"mdat", data) + box(b"moov", clock, track, rest)


def edit_list(parts: int, ticks: int) -> bytes:
    """An edit list that shows the same ticks again and again."""
    return full_box(b"elst", numbers(parts), struct.pack(">IIHH", ticks, 0, 1, 0) * parts)


def fragments(samples: int) -> bytes:
    """A header and a fragment that promises samples without a byte for each."""
    run = box(b"traf", full_box(b"tfhd", numbers(1), flags=0x20000), full_box(b"trun", numbers(samples)))
    whole = movie(samples=0, rest=box(b"mvex", full_box(b"trex", numbers(1, 1, 40, 1, 0))))
    return whole + box(b"moof", full_box(b"mfhd", numbers(1)), run) + box(b"mdat", bytes(100))


def alias(path: Path) -> bytes:
    """A data reference to another file, as QuickTime writes it."""
    name, whole = path.name.encode(), os.fsencode(path)
    head = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12)
    named = bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16) + bytes(4) + bytes(16)
    place = struct.pack(">HH", 2, len(whole)) + whole + b"\0" * (len(whole) % 2) + b"\xff\xff\0\0"
    return full_box(b"alis", head, named, place)


class Bits:
    """Bits written one after another, as H.264 has them."""

    def __init__(self) -> None:
        self._written = ""

    def number(self, bits: int, value: int) -> Bits:
        """A number of some bits."""
        self._written += format(value, f"0{bits}b")
        return self

    def codes(self, *values: int) -> Bits:
        """Numbers in Exp-Golomb code."""
        for value in values:
            digits = f"{value + 1:b}"
            self._written += "0" * (len(digits) - 1) + digits
        return self

    def unit(self, kind: int) -> bytes:
        """The bits as a unit of this kind, with the bytes that keep it from looking like another one's beginning."""
        whole = self._written + "1"
        data = int(whole + "0" * (-len(whole) % 8), 2).to_bytes((len(whole) + 7) // 8)
        safe, zeros = bytearray([kind]), 0
        for byte in data:
            if zeros >= 2 and byte <= 3:
                safe.append(3)
                zeros = 0
            safe.append(byte)
            zeros = 0 if byte else zeros + 1
        return bytes(safe)


def h264(size: tuple[int, int]) -> tuple[bytes, bytes, bytes]:
    """What a decoder needs of an H.264 stream of this size, and the beginning of a picture."""
    across, down = size[0] // 16 - 1, size[1] // 16 - 1
    sequence = Bits().number(24, 0x64003E).codes(0, 1, 0, 0).number(2, 0).codes(0, 2, 1).number(1, 0)
    sequence.codes(across, down).number(4, 0b1100)
    picture = Bits().codes(0, 0).number(2, 0).codes(0, 0, 0).number(3, 0).codes(0, 0, 0).number(3, 0)
    part = Bits().codes(0, 7, 0).number(4, 0).codes(0).number(2, 0).codes(0, *[3, 0, 0, 3] * 50)
    return sequence.unit(0x67), picture.unit(0x68), part.unit(0x65)


def h264_movie(told: tuple[int, int], had: tuple[int, int], later: tuple[int, int] | None = None) -> bytes:
    """An MP4 of three frames that tells one size and has another one; from the second frame on, a `later` one."""
    sequence, picture, part = h264(had)
    setup = box(
        b"avcC",
        b"\x01" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence,
        b"\x01" + struct.pack(">H", len(picture)) + picture,
    )
    first = _units(part)
    other = first if later is None else _units(*h264(later))
    length = max(len(first), len(other))
    frames = b"".join(
        frame + _units(bytes([12]) + b"\xff" * (length - len(frame) - 5)) for frame in (first, other, other)
    )
    return movie(size=told, samples=3, sample_size=len(frames) // 3, data=frames, codec=b"avc1", setup=setup)


def _units(*units: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], *chunks: bytes, pixels: bytes = bytes(4)) -> bytes:
    """A PNG in RGB of a size that it may not have."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")


def gif(pictures: int, size: tuple[int, int] = (1, 1), canvas: tuple[int, int] = (1, 1)) -> bytes:
    """A GIF of pictures of one size on a canvas of another one."""
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + picture * pictures + b"\x3b"


def tiff(*pages: Mapping[int, int], loop: bool = False) -> bytes:
    """A TIFF with these tags on its pages; in a loop the last page is before the first one."""
    shape = {256: 10, 257: 10, 258: 8, 259: 8, 262: 1, 277: 1, 279: 131}
    data = zlib.compress(bytes(1000)).ljust(132, b"\0")
    at, out = 8 + len(data), b"II*\0" + struct.pack("<I", 8 + len(data)) + data
    for number, told in enumerate(pages):
        tags = sorted({**shape, 273: 8, **told}.items())
        after = at + 2 + 12 * len(tags) + 4
        following = after if number < len(pages) - 1 else (8 + len(data) if loop else 0)
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        out += struct.pack("<I", following)
        at = after
    return out


def jpeg(scans: int, size: tuple[int, int] = (64, 64)) -> bytes:
    """A JPEG whose last scan comes again and again."""
    whole = io.BytesIO()
    Image.new("L", size).save(whole, "JPEG", progressive=True)
    data = whole.getvalue()
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def webp(size: tuple[int, int]) -> bytes:
    """A lossless WebP of a size, of one colour, in the bytes of a small one."""
    whole = io.BytesIO()
    Image.new("RGB", (16, 16)).save(whole, "WEBP", lossless=True)
    data = bytearray(whole.getvalue())
    data[21:25] = struct.pack("<I", size[0] - 1 | size[1] - 1 << 14)
    return bytes(data)


def bmp(size: tuple[int, int]) -> bytes:
    """A BMP that has no pixels."""
    header = struct.pack("<IiiHHIIiiII", 40, *size, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def wav(data: bytes, *, told: int | None = None, channels: int = 1, rate: int = 48_000, bits: int = 16) -> bytes:
    """A WAV that tells another length than it has."""
    length = len(data) if told is None else told
    frame = channels * bits // 8
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    whole = struct.pack("<4sI", b"data", length) + data
    return b"RIFF" + struct.pack("<I", 4 + len(shape) + len(whole)) + b"WAVE" + shape + whole


def ebml(kind: int, *parts: bytes) -> bytes:
    """An element of a Matroska file."""
    data = b"".join(parts)
    return kind.to_bytes((kind.bit_length() + 7) // 8) + (len(data) | 1 << 56).to_bytes(8) + data


def linked_matroska(lure: Lure) -> bytes:
    """A Matroska file that names the next one, and has chapters of it."""
    info = ebml(0x1549A966, ebml(0x3E83BB, b"secret.mp4"), ebml(0x3EB923, bytes(16)), ebml(0x2AD7B1, b"\x0f\x42\x40"))
    part = ebml(0xB6, ebml(0x73C4, b"\1"), ebml(0x91, b"\0"), ebml(0x6E67, bytes(16)))
    note = ebml(0x61A7, ebml(0x466E, b"../secret.ttf"), ebml(0x4660, b"font/ttf"), ebml(0x465C, os.fsencode(lure.film)))
    head = ebml(0x1A45DFA3, ebml(0x4282, b"matroska"))
    return head + ebml(0x18538067, info, ebml(0x1043A770, ebml(0x45B9, part)), ebml(0x1941A469, note))


def written(data: bytes | str) -> Make:
    """A file with these bytes, or this text."""
    content = data.encode() if isinstance(data, str) else data
    return lambda path, _lure: path.write_bytes(content)


def naming(text: str) -> Make:
    """A text that names the lure, by `{film}`, `{words}`, `{folder}`, `{url}` and `{address}`."""

    def make(path: Path, lure: Lure) -> None:
        path.write_text(
            text.format(film=lure.film, words=lure.words, folder=lure.folder, url=lure.url, address=lure.address)
        )

    return make


def hls(entry: str, key: str = "") -> Make:
    """A playlist of one entry, perhaps with a key."""
    return naming(f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n{key}#EXTINF:9,\n{entry}\n#EXT-X-ENDLIST\n")


def sparse(path: Path, _lure: Lure) -> None:
    """The beginning of a WebP, and a hole of 10 GB."""
    path.write_bytes(webp((16, 16)))
    os.truncate(path, 10 * 10**9)


def special(make: Callable[[Path], object]) -> Make:
    """What is at the path but is not a file."""
    return lambda path, _lure: make(path)


def bind(path: Path) -> None:
    """A socket with a name."""
    here = os.open(path.parent, os.O_RDONLY)
    before = Path.cwd()
    try:
        os.fchdir(here)  # the name of a socket is limited to some hundred bytes
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)
        os.close(here)


def behind(make: Callable[[Path], object], data: bytes) -> Make:
    """A whole file with other bytes behind its end."""

    def both(path: Path, _lure: Lure) -> None:
        make(path)
        path.write_bytes(path.read_bytes() + data)

    return both


def small_clip(path: Path) -> None:
    """A video that plays."""
    numbered_clip(path, 5, (64, 48), sound=False, container_format="mp4")


def small_picture(path: Path) -> None:
    """A picture."""
    Image.new("RGB", (16, 16), (0, 128, 0)).save(path, "PNG")


DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S" minBufferTime="PT1S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="9"><BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>
"""
SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{film}"/></svg>'
ASS = """[Script Info]
ScriptType: v4.00+

[Fonts]
fontname: {words}
0000

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{{\\fn{words}}}hello
"""
VTT = "WEBVTT\n\nSTYLE\n::cue {{ background: url({url}) }}\n\n00:01.000 --> 00:02.000\n<img src={url}>hello\n"
ZIP = b"PK\x05\x06" + bytes(18)
PAGE = b"<script>fetch('/')</script>"
NOT_MEDIA = "is not a picture, video or sound"

PLAYLISTS: Mapping[str, HostileFile] = {
    "hls": HostileFile(hls("{film}"), NOT_MEDIA),
    "hls of an address": HostileFile(hls("{url}"), NOT_MEDIA),
    "hls of a part of a file": HostileFile(hls("subfile,,start,0,end,9,,:{words}"), NOT_MEDIA),
    "hls with a key": HostileFile(hls("crypto+file:{film}", '#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n'), NOT_MEDIA),
    "hls named like a sound": HostileFile(hls("{film}"), NOT_MEDIA, "a.mp3"),
    "ffconcat": HostileFile(naming("ffconcat version 1.0\nfile '{film}'\n"), NOT_MEDIA),
    "ffconcat of an address": HostileFile(naming("ffconcat version 1.0\nfile '{url}'\n"), NOT_MEDIA, "a.mkv"),
    "ffconcat of inline data": HostileFile(
        naming("ffconcat version 1.0\nfile 'data:video/mp4;base64,AAAA'\nfile '{film}'\n"), NOT_MEDIA
    ),
    "dash": HostileFile(naming(DASH), NOT_MEDIA),
    "sdp": HostileFile(lambda path, lure: path.write_text(SDP.format(port=lure.address.partition(":")[2])), NOT_MEDIA),
    "m3u": HostileFile(naming("{film}\n{url}\n"), NOT_MEDIA),
    "pls": HostileFile(naming("[playlist]\nFile1={url}\nNumberOfEntries=1\n"), NOT_MEDIA),
    "rtsp": HostileFile(naming("RTSPtext\nrtsp://{address}/a\n"), NOT_MEDIA, "a.mov"),
    "svg": HostileFile(naming(SVG), NOT_MEDIA, "a.svg"),
    "svg named like a picture": HostileFile(naming(SVG), NOT_MEDIA, "a.png"),
    "avisynth": HostileFile(naming('FFVideoSource("{film}")\n'), NOT_MEDIA, "a.avs"),
    "vapoursynth": HostileFile(naming("open('{film}').read()\n"), NOT_MEDIA, "a.vpy"),
    "ffmetadata": HostileFile(naming(";FFMETADATA1\ntitle={film}\n"), NOT_MEDIA),
    "filter graph": HostileFile(naming("movie='{film}'\n"), NOT_MEDIA, "a.lavfi"),
    "terminal text": HostileFile(naming("\x1b[31m{film}\x1b[0m\n"), NOT_MEDIA, "a.ans"),
    "postscript named like a picture": HostileFile(
        naming("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({film}) run\n"), NOT_MEDIA, "a.png"
    ),
    "ass with a font": HostileFile(naming(ASS), Kind.SUBTITLES, "a.ass"),
    "webvtt with a style": HostileFile(naming(VTT), Kind.SUBTITLES, "a.vtt"),
    "movie in another file": HostileFile(
        lambda path, lure: path.write_bytes(movie(reference=alias(lure.film))), "is cut short", "a.mov"
    ),
    "reference movie": HostileFile(
        lambda path, lure: path.write_bytes(
            box(b"moov", box(b"rmra", box(b"rmda", full_box(b"rdrf", b"url ", numbers(99), lure.url.encode()))))
        ),
        "has neither video nor sound",
        "a.mov",
    ),
    "linked matroska": HostileFile(lambda path, lure: path.write_bytes(linked_matroska(lure)), "is cut short", "a.mkv"),
    "mxf": HostileFile(written(bytes.fromhex("060e2b34020501010d01020101020400") + bytes(99)), NOT_MEDIA, "a.mxf"),
}
"""Files that name other files or addresses."""

BOMBS: Mapping[str, HostileFile] = {
    "webp": HostileFile(written(webp((16_000, 10_900))), "is a picture of more than 64 million pixels", "a.webp"),
    "png": HostileFile(written(png((65_535, 65_535))), "is a picture of more than 64 million pixels", "a.png"),
    "bmp": HostileFile(written(bmp((60_000, 60_000))), "is a picture of more than 64 million pixels", "a.bmp"),
    "gif": HostileFile(written(gif(1, canvas=(65_535, 65_535))), "is a picture of more than 64 million", "a.gif"),
    "gif beyond its edge": HostileFile(written(gif(2, (9_000, 9_000))), "is a picture of more than 64 mill", "a.gif"),
    "gif of many pictures": HostileFile(written(gif(20_000)), "is an animation of 20000 pictures", "a.gif"),
    "apng of many pictures": HostileFile(
        written(png((1, 1), chunk(b"acTL", numbers(2**31 - 1, 0)))), "is an animation of 214748364. pictures", "a.png"
    ),
    "tiff": HostileFile(written(tiff({256: 60_000, 257: 60_000})), "is a picture of more than 64 million", "a.tiff"),
    "tiff of many pages": HostileFile(written(tiff(*[{}] * 1001)), "has more than 1000 pages", "a.tiff"),
    "tiff with a large tile": HostileFile(
        written(tiff({322: 60_000, 323: 60_000, 324: 8, 325: 131})), "is a damaged picture", "a.tiff"
    ),
    "tiff that begins again": HostileFile(written(tiff({}, {}, loop=True)), Kind.IMAGE, "a.tiff"),
    "jpeg of many scans": HostileFile(written(jpeg(101)), "is a JPEG of more than 100 scans", "a.jpg"),
    "png with a large profile": HostileFile(
        written(png((1, 1), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**8))))), "has texts or a colour", "a.png"
    ),
    "png with many texts": HostileFile(
        written(png((1, 1), *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**6)))] * 99)),
        "has texts or a colour profile",
        "a.png",
    ),
    "png with too many pixels": HostileFile(written(png((1, 1), pixels=bytes(10**8))), Kind.IMAGE, "a.png"),
    "sparse webp": HostileFile(sparse, "is a picture of more than 256 MB", "a.webp"),
    "frames of a movie": HostileFile(written(movie(samples=2**31)), "promises 2147483648 frames"),
    "fragment": HostileFile(written(fragments(2**31)), "promises 2147483648 frames"),
    "edit list": HostileFile(
        written(movie(samples=5_000, data=bytes(5_000), edits=edit_list(5_000, 200_000))), "has an edit list of 5000"
    ),
    "compressed index": HostileFile(
        written(box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", box(b"cmov", bytes(64)))),
        "has a compressed index",
        "a.mov",
    ),
    "large frames": HostileFile(written(h264_movie((8192, 8192), (8192, 8192))), "has frames of 8192 x 8192 pixels"),
    "large frames called small": HostileFile(written(h264_movie((64, 64), (8192, 8192))), "has frames of 8192 x 81"),
    "frames that grow": HostileFile(written(h264_movie((64, 64), (64, 64), later=(8192, 8192))), Kind.VIDEO),
    "subtitles of many megabytes": HostileFile(
        written("1\n00:00:01,000 --> 00:00:02,000\n" + "a" * 10_000_000), "has more than 10 MB of subtitles", "a.srt"
    ),
    "subtitles of weeks": HostileFile(written("1\n00:00:01,000 --> 999:00:02,000\na\n"), "lasts 999 hours", "a.srt"),
    "sound of days": HostileFile(written(wav(bytes(100_000), rate=1, bits=8)), "lasts 27 hours", "a.wav"),
}
"""Files that would take much more memory or time than they have bytes."""

LIES: Mapping[str, HostileFile] = {
    "wav that tells 4 GB": HostileFile(written(wav(bytes(960), told=2**32 - 16)), Kind.AUDIO, "a.wav"),
    "wav of 65535 channels": HostileFile(written(wav(bytes(960), channels=65_535)), "is ", "a.wav"),
    "wav without a rate": HostileFile(written(wav(bytes(960), rate=0)), "is ", "a.wav"),
    "boxes in boxes": HostileFile(
        lambda path, _lure: path.write_bytes(box(b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4s", 8000, b"moov") * 1000),
        "is ",
    ),
    "boxes of no length": HostileFile(
        written(box(b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4s", 0, b"moov")), "has neither"
    ),
    "id3 tag of 256 MB": HostileFile(written(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(99)), "is ", "a.mp3"),
    "flac of one block": HostileFile(written(b"fLaC\x80\xff\xff\xff" + bytes(99)), "is ", "a.flac"),
    "endless ogg": HostileFile(written((b"OggS\0\0" + bytes(20) + b"\xff" + bytes(255)) * 99), "is ", "a.ogg"),
    "deep matroska": HostileFile(
        written(b"\x1aE\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" * 999), "is |has ", "a.mkv"
    ),
    "avif named like a video": HostileFile(
        lambda path, _lure: Image.new("RGB", (64, 64)).save(path, "AVIF"), "is avif inside"
    ),
    "video and archive": HostileFile(behind(small_clip, ZIP), Kind.VIDEO),
    "video and page": HostileFile(behind(small_clip, PAGE), Kind.VIDEO),
    "picture and archive": HostileFile(behind(small_picture, ZIP), Kind.IMAGE, "a.png"),
    "page": HostileFile(written(b"<html>" + PAGE), NOT_MEDIA, "a.html"),
    "half a picture": HostileFile(written(png((99, 99))[:60]), "is a damaged picture", "a.png"),
    "nothing": HostileFile(written(b""), "is empty"),
    "folder": HostileFile(special(Path.mkdir), "is not a file"),
    "pipe": HostileFile(special(os.mkfifo), "is not a file"),
    "socket": HostileFile(special(bind), "is not a file"),
    "device": HostileFile(special(lambda path: path.symlink_to("/dev/zero")), "is not a file"),
    "link to itself": HostileFile(special(lambda path: path.symlink_to(path)), "does not exist|cannot be opened"),
}
"""Files that are not what they seem."""

NAMES = (
    "-i.mp4",
    "concat:a.mp4",
    "subfile,,start,0,end,9,,:a.mp4",
    "http:a.mp4",
    "a%03d.mp4",
    "data:a.mp4",
    "tee:[f=a]b.mp4",
)
"""Names of harmless videos that ffmpeg could take for something else."""


def laid(folder: Path, listener: Listener) -> tuple[Lure, OpenedFiles]:
    """The lure, and what tells who opened it."""
    lure = lay_lure(folder, listener.address)
    return lure, OpenedFiles(folder)


def tone(path: Path) -> None:
    """A sound."""
    click_sound(path, 4800)
