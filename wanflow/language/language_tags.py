"""Languages as people write them, in a key or in the name of a file, read as tags of BCP 47."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from wanflow.language.problem import Problem
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.yamldoc.nodes import TextNode

UNKNOWN = "und"
"""ISO 639 code of an unknown language."""

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
_BEYOND = ("fil", "hak", "nan", "wuu", "yue")
"""Codes of ISO 639-3 without one of two letters that subtitles have."""
_KNOWN = {**_CODES, **{code: code for code in (*_CODES.values(), *_BEYOND)}, "cmn": "zho"}

_OTHER_NAMES = """
zh 中文 中字 汉语 漢語 华语 華語 国语 國語 普通话 双语 雙語 中英 中英双语
zh-Hans chs sc cn gb gbk hans zhs 简 简体 简中 简体中文 中文简体 简体字幕 简英 简日 zh-chs
zh-Hant cht tc big5 hant zht 繁 繁体 繁體 繁中 繁体中文 繁體中文 中文繁體 正體 正體中文 繁英 繁日 zh-cht
zh-Hant-HK hk
yue 粤 粵 粤语 粵語 广东话 廣東話
en 英 英文 英语 英語
ja jp 日 日文 日语 日語 日本語
ko 韩 韩文 韓文 韩语 韓語 한국어
"""
"""Tags, and what else people call the language: `sc` is Simplified Chinese, and Sardinian is written `srd`."""

_NAMES = {name: tag for tag, *names in map(str.split, _OTHER_NAMES.strip().splitlines()) for name in names}
_SHORT = {_CODES[code]: code for code in _CODES if len(code) == 2 and code not in _NAMES}

_SCRIPTS = """
Adlm Arab Armn Beng Bopo Brai Cans Cher Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hans Hant Hebr Hira Hrkt Java Jpan
Kana Khmr Knda Kore Laoo Latn Mlym Mong Mymr Nkoo Olck Orya Sinh Syrc Taml Telu Tfng Thaa Thai Tibt Vaii Yiii
"""
"""Scripts of living languages, by ISO 15924."""

_SCRIPT_OF_REGION = {"CN": "Hans", "SG": "Hans", "MY": "Hans", "TW": "Hant", "HK": "Hant", "MO": "Hant"}
_USUAL = {"zh-Hans-CN": "zh-Hans", "zh-Hant-TW": "zh-Hant"}
_OWN_NAMES = {"zh": "中文", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "yue": "粵語"}

_TAG = pattern(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_IN_NAME = pattern(r"[a-z]{2,3}(?:[-_](?:hans|hant|latn|cyrl|arab))?(?:[-_](?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_ALONE = pattern(r"[a-z]{2,3}(?:[-_](?:Hans|Hant|Latn|Cyrl|Arab))?(?:[-_](?:[A-Z]{2}|[0-9]{3}))?")
"""Whole name of a file: its region needs capitals, since `to-do` is not Tongan."""
_AT_END = pattern(r".*[ _\[(【（-](chs|cht|[\u3400-\u9fff]+)[\])】）]?", re.IGNORECASE | re.DOTALL)
"""A language behind another sign than a point, where it cannot be a word of the title in Latin letters."""


def read_language(text: str) -> str | None:
    """The tag of a language: `en` for `eng`, `zh-Hans` for `chs`, `zh_CN` and `简体`; None for an unknown one.

    A tag with an unknown script, such as `zh-Hnat`, is unknown: the script decides the forms of letters.
    """
    name = text.casefold().replace("_", "-")
    if name in _NAMES:
        return _NAMES[name]
    if not _TAG.fullmatch(text):
        return None
    first, *parts = name.split("-")
    if first == "zh" and parts and parts[0] in _KNOWN and len(parts[0]) == 3:
        first, *parts = parts  # `zh-yue`, as older files have it
    scripts = {part.title() for part in parts[:1] if len(part) == 4 and part.isalpha()}
    return _tag_of(_KNOWN[first], parts) if first in _KNOWN and scripts <= {*_SCRIPTS.split()} else None


def unknown_language(written: TextNode) -> Problem:
    """The problem of a language that `read_language` does not know."""
    hint = tr("write a tag of BCP 47: `en`, `zh-Hans`, `zh-Hant`, `yue`, `pt-BR`")
    return Problem(written.place, tr("unknown language `{name}`", name=written.string), hint)


def _tag_of(code: str, parts: list[str]) -> str:
    """The tag of a code of three letters with what follows it in lower case; variants are left out."""
    script = next((part.title() for part in parts if len(part) == 4 and part.isalpha()), None)
    region = next((part.upper() for part in parts if len(part) == 2 or (len(part) == 3 and part.isdecimal())), None)
    if code == "zho" and script is None:
        script = _SCRIPT_OF_REGION.get(region or "")
    tag = "-".join(part for part in (_SHORT.get(code, code), script, region) if part)
    return _USUAL.get(tag, tag)


def iso_code(tag: str | None) -> str:
    """The ISO 639-2/T code of a tag, which an MP4 holds: `eng` for `en`, `zho` for `zh-Hans`, `und` for None."""
    return UNKNOWN if tag is None else _KNOWN[tag.partition("-")[0]]


def own_name(tag: str) -> str:
    """What a player shows for a language: `简体中文` for `zh-Hans`, `繁體中文 (HK)` for `zh-Hant-HK`, else the tag."""
    language, _, region = tag.rpartition("-")
    if tag in _OWN_NAMES:
        return _OWN_NAMES[tag]
    return f"{_OWN_NAMES[language]} ({region})" if language in _OWN_NAMES else tag


def language_in_name(path: str) -> str | None:
    """The tag of the language in a file's name: `subs/en.srt`, `film.zh-Hans.srt`, `片.简体.srt`; None without one."""
    name, dot, last = PurePosixPath(path).stem.rpartition(".")
    first = re.split("[&+]", last)[0]  # of two languages the first is the upper line
    if first.casefold() in _NAMES or (_IN_NAME if dot and name else _ALONE).fullmatch(first):
        return read_language(first)
    behind = _AT_END.fullmatch(last)
    return None if behind is None else _NAMES.get(behind[1].casefold())
