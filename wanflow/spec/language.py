"""Languages of subtitles: the codes that people write, the codes that a film carries, and file names that tell."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

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
"""ISO 639-1 and the code of ISO 639-2/T that an MP4 holds."""

_OLDER = """
alb=sqi arm=hye baq=eus bur=mya chi=zho cze=ces dut=nld fre=fra geo=kat ger=deu gre=ell ice=isl mac=mkd mao=mri
may=msa per=fas rum=ron slo=slk tib=bod wel=cym
"""
"""The codes of ISO 639-2/B, which libraries use, and the same language's code of ISO 639-2/T."""

_CODES = dict(pair.split("=") for pair in f"{_TWO_LETTERS} {_OLDER}".split())
_KNOWN = {**_CODES, **{code: code for code in _CODES.values()}}

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_IN_NAME = re.compile(r"([a-z]{2,3})(?:[-_](?:hans|hant|latn|cyrl|arab))?(?:[-_](?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_ALONE = re.compile(r"([a-z]{2,3})(?:[-_](?:Hans|Hant|Latn|Cyrl|Arab))?(?:[-_](?:[A-Z]{2}|[0-9]{3}))?")
"""A whole name: in capitals where it has them, for `to-do` is no Tongan."""


def language_of(code: str) -> str | None:
    """The three letters that a film's track carries (ISO 639-2/T): `eng` for `en` and `eng`, `zho` for `zh-Hans`.

    None for what names no language.
    """
    tag = _TAG.fullmatch(code)
    return _KNOWN.get(tag[1].lower()) if tag else None


def guess_language(path: str) -> str | None:
    """The language, as three letters, that a file's name tells: `subs/en.srt`, `film.zh-Hans.srt`; None for others."""
    name, dot, last = PurePosixPath(path).stem.rpartition(".")
    tag = (_IN_NAME if dot and name else _ALONE).fullmatch(last)
    return _KNOWN.get(tag[1].lower()) if tag else None
