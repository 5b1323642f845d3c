"""Read a cut, and the settings of the whole film: size, music, subtitles, loudness, encoding, labels."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

from wanflow.boundary import Content
from wanflow.catalog.provider import Provider
from wanflow.language.cut_items import number_of, read_items, slate_of
from wanflow.language.output_paths import FILM, place_output
from wanflow.language.problem import Problem
from wanflow.language.production import AS_FIRST, RESULTS_FOLDER, Cut, CutFinish, CutShape, Music, Notice, Subtitles
from wanflow.language.scope import BasePath, Scope
from wanflow.language.source import FileSource
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

FONT_FOLDER = "fonts"
FONT_FORMATS = {".otf", ".ttc", ".ttf"}
PROFILES = frozenset({"draft", "final"})
"""Encoder efforts."""

NOTICE = "AI-generated"
NOTICE_SECONDS, NOTICE_HEIGHT = Decimal(2), Decimal(5)
"""Minimum of the labelling rules: seconds, and percent of the picture's shorter side (ffmpeg.md 6)."""


def read_cut(
    name: TextNode, node: Node, label: Node | None, out: str, provider: Provider, scope: Scope, problems: list[Problem]
) -> Cut:
    """A cut in its short or its long form; `label` is the production's."""
    listed = node.find("items") if isinstance(node, MapNode) else node
    output = node.find("output") if isinstance(node, MapNode) else None
    nodes = listed.items if isinstance(listed, ListNode) else ()
    items = read_items(nodes, scope, problems, slated=slate_of(node, default=True))
    path = output.string if isinstance(output, TextNode) else f"{RESULTS_FOLDER}/{name.string}{FILM}"
    if isinstance(output, TextNode) and posixpath.splitext(path)[1].lower() != FILM:
        problems.append(
            Problem(output.place, f"the output of a cut must be an {FILM} file, not `{path}`", f"end it in `{FILM}`")
        )
    shape, finish = read_shape(node, problems), read_finish(node, label, provider.default_profile, scope.base, problems)
    written = output.place if isinstance(output, TextNode) else None
    return Cut(name.string, name.place, items, place_output(out, path), shape, finish, written)


def read_finish(
    node: Node, label: Node | None, default_profile: str, base: BasePath, problems: list[Problem]
) -> CutFinish:
    """The settings of the whole film; `label` is the production's. Invalid ones are reported and left out."""
    labelled, notice = _label(label)
    fonts = _fonts(Place(node.place.file, 1, 1), base, problems)
    plain = CutFinish(profile=default_profile, labelled=labelled, notice=notice, fonts=fonts)
    if not isinstance(node, MapNode):
        return plain
    profile, subtitles = node.find("profile"), node.find("subtitles")
    listed = subtitles.items if isinstance(subtitles, ListNode) else () if subtitles is None else (subtitles,)
    tracks = (_track(each, base, problems) for each in listed)
    return replace(
        plain,
        music=_music(node.find("music"), base),
        subtitles=tuple(track for track in tracks if track is not None),
        loudness=number_of(node, "loudness"),
        profile=profile.string if isinstance(profile, TextNode) and profile.string in PROFILES else plain.profile,
    )


def _fonts(place: Place, base: BasePath, problems: list[Problem]) -> tuple[tuple[str, int], ...]:
    """The fonts beside the production, with their bytes; one that may not be opened is reported and left out."""
    found = list[tuple[str, int]]()
    refusal = base.boundary.refusal(FONT_FOLDER, Content.MEDIA)
    if refusal is not None:
        problems.append(Problem(place, f"the folder `{FONT_FOLDER}` {refusal.words}", refusal.hint))
        return ()
    with suppress(OSError):
        for file in sorted((base.root / FONT_FOLDER).iterdir()):
            name = f"{FONT_FOLDER}/{file.name}"
            if file.suffix.lower() not in FONT_FORMATS:
                continue
            refusal = base.boundary.refusal(name, Content.MEDIA)
            if refusal is None:
                found.append((name, file.stat().st_size))
            else:
                problems.append(Problem(place, f"the font `{name}` {refusal.words}", refusal.hint))
    return tuple(found)


def _music(node: Node | None, base: BasePath) -> Music | None:
    found = _file(node, base, Content.MEDIA)
    if found is None:
        return None
    source, place = found
    if not isinstance(node, MapNode):
        return Music(source, place)
    gain, fade = (number_of(node, key) or Decimal(0) for key in ("gain", "fade"))
    return Music(source, place, gain, fade, _is_true(node.find("duck")))


def _track(node: Node, base: BasePath, problems: list[Problem]) -> Subtitles | None:
    named = _file(node, base, Content.TEXT)
    if named is None:
        return None
    source, place = named
    written = node.find("language") if isinstance(node, MapNode) else None
    burned = isinstance(node, MapNode) and _is_true(node.find("burn"))
    language = guess_language(source.path)
    if isinstance(written, TextNode):
        language = written.string
        if language_of(language) is None:
            hint = "write an ISO 639 code: `en`, `zh`, `pt-BR`"
            problems.append(Problem(written.place, f"unknown language `{language}`", hint))
            return None
    return Subtitles(source, place, None if language is None else language_of(language), burned)


def _label(node: Node | None) -> tuple[bool, Notice | None]:
    """Whether the metadata of cuts say that they are made by AI, and the notice over their opening."""
    if not isinstance(node, MapNode):
        return True, None
    wanted, notice = node.find("metadata"), node.find("opening_notice")
    labelled = not (isinstance(wanted, TextNode) and wanted.value is False)
    if isinstance(notice, MapNode):
        written, seconds, height = notice.find("text"), number_of(notice, "seconds"), number_of(notice, "height")
        text = written.string if isinstance(written, TextNode) and written.string.strip() else NOTICE
        return labelled, Notice(text, seconds or NOTICE_SECONDS, height or NOTICE_HEIGHT)
    if not isinstance(notice, TextNode) or notice.value in {None, False}:
        return labelled, None
    text = notice.string if isinstance(notice.value, str) and notice.string.strip() else NOTICE
    return labelled, Notice(text, NOTICE_SECONDS, NOTICE_HEIGHT)


def _file(node: Node | None, base: BasePath, content: Content) -> tuple[FileSource, Place] | None:
    written = node.find("file") if isinstance(node, MapNode) else node
    if not isinstance(written, TextNode) or not written.string:
        return None
    return FileSource(base.path(written.text, content)), written.place


def _is_true(node: Node | None) -> bool:
    return isinstance(node, TextNode) and node.value is True


BROADCAST = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
"""Broadcast rates by their short form: they mean n/1001."""
SIDES = range(16, 8193, 2)
"""Pixels of a side: H.264 in yuv420p needs an even number."""
MAX_RATE = 120
"""Maximum frames a second."""

_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


def read_shape(node: Node, problems: list[Problem]) -> CutShape:
    """The size, rate and fit of a cut in its long form; invalid ones are reported and left at the default."""
    if not isinstance(node, MapNode):
        return AS_FIRST
    size, fps, fit = (node.find(key) for key in ("size", "fps", "fit"))
    sides, rate = None, None
    if isinstance(size, TextNode):
        found = _SIZE.fullmatch(size.string)
        sides = (int(found[1]), int(found[2])) if found else (0, 0)
        if sides[0] not in SIDES or sides[1] not in SIDES:
            message = f"`size` must be width x height in even numbers of pixels, not `{size.string}`"
            problems.append(Problem(size.place, message, "e.g. `1280x720`"))
            sides = None
    if isinstance(fps, TextNode):
        number = fps.value
        rate = Fraction(number) if isinstance(number, int | Decimal) and not isinstance(number, bool) else Fraction(0)
        rate = BROADCAST.get(fps.string, rate)
        if not 1 <= rate <= MAX_RATE:
            message = f"`fps` must be 1 to {MAX_RATE} frames a second, not `{fps.string}`"
            problems.append(Problem(fps.place, message, "e.g. `24`, or `23.976`"))
            rate = None
    return CutShape(sides, rate, fit.string if isinstance(fit, TextNode) else AS_FIRST.fit)


_TWO_LETTERS = """
aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak be=bel bg=bul bi=bis
bm=bam bn=ben bo=bod br=bre bs=bos ca=cat ce=che ch=cha co=cos cr=cre cs=ces cu=chu cv=chv cy=cym da=dan de=deu
dv=div dz=dzo ee=ewe el=ell en=eng eo=epo es=spa et=est eu=eus fa=fas ff=ful fi=fin fj=fij fo=fao fr=fra fy=fry
ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv ha=hau he=heb hi=hin ho=hmo hr=hrv ht=hat hu=hun hy=hye hz=her ia=ina
id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=isl it=ita iu=iku ja=jpn jv=jav ka=kat kg=kon ki=kik kj=kua kk=kaz
kl=kal km=khm kn=kan ko=kor kr=kau ks=kas ku=kur kv=kom kw=cor ky=kir la=lat lb=ltz lg=lug li=lim ln=lin lo=lao
lt=lit lu=lub lv=lav mg=mlg mh=mah mi=mri mk=mkd ml=mal mn=mon mr=mar ms=msa mt=mlt my=mya na=nau nb=nob nd=nde
ne=nep ng=ndo nl=nld nn=nno no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm or=ori os=oss pa=pan pi=pli pl=pol
ps=pus pt=por qu=que rm=roh rn=run ro=ron ru=rus rw=kin sa=san sc=srd sd=snd se=sme sg=sag si=sin sk=slk sl=slv
sm=smo sn=sna so=som sq=sqi sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir tk=tuk
tl=tgl tn=tsn to=ton tr=tur ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven vi=vie vo=vol wa=wln
wo=wol xh=xho yi=yid yo=yor za=zha zh=zho zu=zul
"""
"""ISO 639-1 codes, and the ISO 639-2/T code that an MP4 holds."""

_OLDER = """
alb=sqi arm=hye baq=eus bur=mya chi=zho cze=ces dut=nld fre=fra geo=kat ger=deu gre=ell ice=isl mac=mkd mao=mri
may=msa per=fas rum=ron slo=slk tib=bod wel=cym
"""
"""ISO 639-2/B codes, and the ISO 639-2/T code of the same language."""

_CODES = dict(pair.split("=") for pair in f"{_TWO_LETTERS} {_OLDER}".split())
_KNOWN = {**_CODES, **{code: code for code in _CODES.values()}}

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_IN_NAME = re.compile(r"([a-z]{2,3})(?:[-_](?:hans|hant|latn|cyrl|arab))?(?:[-_](?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_ALONE = re.compile(r"([a-z]{2,3})(?:[-_](?:Hans|Hant|Latn|Cyrl|Arab))?(?:[-_](?:[A-Z]{2}|[0-9]{3}))?")
"""Whole name of a file: its region needs capitals, since `to-do` is not Tongan."""


def language_of(code: str) -> str | None:
    """The ISO 639-2/T code of a language: `eng` for `en` and `eng`, `zho` for `zh-Hans`; None for an unknown one."""
    tag = _TAG.fullmatch(code)
    return _KNOWN.get(tag[1].lower()) if tag else None


def guess_language(path: str) -> str | None:
    """The ISO 639-2/T code in a file's name: `subs/en.srt`, `film.zh-Hans.srt`; None where it has none."""
    name, dot, last = PurePosixPath(path).stem.rpartition(".")
    tag = (_IN_NAME if dot and name else _ALONE).fullmatch(last)
    return _KNOWN.get(tag[1].lower()) if tag else None
